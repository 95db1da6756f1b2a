# Programs and maps for tests, made by the module's own assembly. Dot-source it after Common.ps1.

function Open-TestProgram {
    # Loads a program that only returns a number; the caller disposes it.
    param([string] $Name, [Sockmap.Bpf.BpfProgramType] $Type, [int] $Result = 1, [Sockmap.Bpf.BpfAttachType] $ExpectedAttachType = 0)

    # r0 = result; exit
    $instructions = [byte[]](@(0xb7, 0, 0, 0) + [BitConverter]::GetBytes($Result) + @(0x95, 0, 0, 0, 0, 0, 0, 0))
    [Sockmap.Bpf.Programs.BpfProgram]::Load([Sockmap.Bpf.Programs.ProgramLoadRequest]@{
            Name = $Name; Type = $Type; ExpectedAttachType = $ExpectedAttachType; Instructions = $instructions
        })
}

function Open-TestMap {
    # Creates a map with keys of 4 and values of 8 bytes; the caller disposes it.
    param([string] $Name, [Sockmap.Bpf.BpfMapType] $Type)

    [Sockmap.Bpf.Maps.BpfMap]::Create([Sockmap.Bpf.Maps.MapCreateRequest]@{
            Name = $Name; Type = $Type; KeySize = 4; ValueSize = 8; MaxEntries = 16
        })
}

function Add-TestPin {
    # Pins a program or map and lets go of it.
    param([object] $Object, [string] $Path)

    $Object.Pin($Path)
    $Object.Dispose()
}
