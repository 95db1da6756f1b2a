# What the test files share. Dot-source it in BeforeAll.
Set-StrictMode -Version 3
$script:Top = (Resolve-Path "$PSScriptRoot/../..").Path
$script:ModulePath = $env:SOCKMAPPS_MODULE ? $env:SOCKMAPPS_MODULE : "$script:Top/out/SockmapPS/SockmapPS.psd1"
Import-Module $script:ModulePath -Force

function Get-Completion {
    # What the Tab key offers at the end of a line.
    param([string] $Line)

    (TabExpansion2 -inputScript $Line -cursorColumn $Line.Length).CompletionMatches
}

function Get-Failure {
    # The error record of a command that is to fail, whether it ends the command or not.
    param([scriptblock] $Script)

    try {
        $null = & $Script 2>&1 | Tee-Object -Variable records
        $found = @($records | Where-Object { $_ -is [Management.Automation.ErrorRecord] })
    }
    catch {
        $found = @($_)
    }
    if ($found.Count -eq 0) { throw "No error came from: $Script" }
    $found[0]
}

function Get-CgroupRoot {
    # The cgroup v2 mount of this machine, asked of the kernel and not of the module.
    foreach ($line in [IO.File]::ReadAllLines('/proc/self/mountinfo')) {
        if ($line -match '^\S+ \S+ \S+ / (\S+) .* - cgroup2 ') { return $Matches[1] }
    }
}

function Invoke-Native {
    # A program that must succeed.
    param([string] $Name, [string[]] $Argument)

    $output = & $Name @Argument 2>&1
    if ($LASTEXITCODE -ne 0) { throw "$Name $Argument ended with ${LASTEXITCODE}: $output" }
    $output
}

function Open-Sandbox {
    # A cgroup and a bpffs of the test's own.
    $id = "sockmapps-pester-$PID-$([guid]::NewGuid().ToString('N').Substring(0, 8))"
    $sandbox = [pscustomobject]@{
        Cgroup        = "$(Get-CgroupRoot)/$id"
        BpfFileSystem = "$([IO.Path]::GetTempPath().TrimEnd('/'))/$id"
        Peers         = [Collections.Generic.List[Diagnostics.Process]]::new()
    }
    $null = [IO.Directory]::CreateDirectory($sandbox.Cgroup)
    $null = [IO.Directory]::CreateDirectory($sandbox.BpfFileSystem)
    Invoke-Native mount '-t', 'bpf', 'bpf', $sandbox.BpfFileSystem
    $sandbox
}

function Close-Sandbox {
    param([pscustomobject] $Sandbox)

    foreach ($peer in $Sandbox.Peers) {
        if (-not $peer.HasExited) { $peer.Kill($true) }
        $peer.WaitForExit()
    }
    # Unmounting frees every pin, and with them the links, whatever state a test has left.
    Invoke-Native umount '--lazy', $Sandbox.BpfFileSystem
    [IO.Directory]::Delete($Sandbox.BpfFileSystem)
    $cgroups = @([IO.Directory]::GetDirectories($Sandbox.Cgroup, '*', 'AllDirectories')) + $Sandbox.Cgroup
    foreach ($cgroup in $cgroups | Sort-Object Length -Descending) {
        # A process that was just killed leaves its cgroup a moment later.
        for ($try = 0; [IO.Directory]::Exists($cgroup); $try++) {
            try { [IO.Directory]::Delete($cgroup) }
            catch [IO.IOException] { if ($try -ge 100) { throw }; Start-Sleep -Milliseconds 50 }
        }
    }
}

function Invoke-Isolated {
    # Runs a script in a PowerShell of its own whose cgroup v2 hierarchy begins at the sandbox's cgroup, and whose
    # /sys/fs/bpf is a new bpffs: there the standard places can be used, and nothing of the machine is touched.
    # It finds this file's functions, and the module by its name, which it has not imported.
    param([pscustomobject] $Sandbox, [string] $Script)

    $id = [guid]::NewGuid().ToString('N')
    $lines, $inside = "$TestDrive/$id.ps1", "$TestDrive/$id.sh"
    Set-Content $lines (@(
            '$ErrorActionPreference = "Stop"'
            '$env:SOCKMAPPS_MODULE = "SockmapPS"'
            ". '$PSScriptRoot/Common.ps1'"
            'Remove-Module SockmapPS'
            'Set-StrictMode -Off'
            "Set-Location '$TestDrive'"
            $Script) -join "`n")
    Set-Content $inside (@(
            'set -e'
            'mount -t cgroup2 none /sys/fs/cgroup'
            'mkdir /sys/fs/cgroup/unified'
            'mount -t bpf bpf /sys/fs/bpf'
            "export PSModulePath='$(Split-Path (Split-Path $script:ModulePath)):$env:PSModulePath'"
            "exec '$([Environment]::ProcessPath)' -NoProfile -NonInteractive -File '$lines'") -join "`n")
    $enter = "echo `$`$ > '$($Sandbox.Cgroup)/cgroup.procs' && exec unshare --mount --cgroup bash '$inside'"
    Invoke-Native bash '-c', $enter | Out-String
}

function Open-Peer {
    # A process in the sandbox's cgroup with both ends of one TCP connection; Invoke-Peer tells it what to do.
    param([pscustomobject] $Sandbox, [string] $Address = '127.0.0.1')

    $start = [Diagnostics.ProcessStartInfo]::new([Environment]::ProcessPath)
    foreach ($argument in '-NoProfile', '-NonInteractive', '-File', "$PSScriptRoot/Peer.ps1", $Sandbox.Cgroup, $Address) {
        $start.ArgumentList.Add($argument)
    }
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $process = [Diagnostics.Process]::Start($start)
    $Sandbox.Peers.Add($process)
    $line = $process.StandardOutput.ReadLine()
    if ($line -notmatch '^ready (\d+) (\d+)$') { throw "The peer said '$line'." }
    [pscustomobject]@{ Process = $process; ServerPort = [int] $Matches[1]; ClientPort = [int] $Matches[2] }
}

function Invoke-Peer {
    # Has the peer do one thing (see Peer.ps1), and returns its answer.
    param([pscustomobject] $Peer, [string] $Command)

    $Peer.Process.StandardInput.WriteLine($Command)
    $answer = $Peer.Process.StandardOutput.ReadLine()
    if ($answer -notlike 'ok*') { throw "The peer answered '$answer' to '$Command'." }
    $answer.Substring(2).Trim()
}
