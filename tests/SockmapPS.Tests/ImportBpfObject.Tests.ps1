BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    $objects = "$Top/tests/Sockmap.Bpf.Tests/objects"
    $seeds = "$objects/seeds"

    function Get-Pinned {
        # What is pinned, from the file system and not from the module.
        [IO.Directory]::GetFiles($sandbox.BpfFileSystem, '*', 'AllDirectories') |
            Where-Object { $_ -notmatch '\.debug$' } |
            ForEach-Object { [IO.Path]::GetRelativePath($sandbox.BpfFileSystem, $_) } |
            Sort-Object
    }
}

Describe 'Import-BpfObject' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $pins = $sandbox.BpfFileSystem
    }

    AfterEach {
        Close-Sandbox $sandbox
    }

    It 'loads all of an object and tells what it made' {
        $made = @(Import-BpfObject "$seeds/redir_bypass.bpf.o" -PinPath "$pins/demo" -PinMaps "$pins/demo")

        Get-Pinned | Should -Be ('demo/sk_msg_prog', 'demo/sock_map', 'demo/sockops_prog')
        $made.Name | Sort-Object | Should -Be ('sk_msg_prog', 'sock_map', 'sockops_prog')
        $made.Path | Sort-Object | Should -Be ((Get-Pinned).ForEach({ "$pins/$_" }))
        ($made | Where-Object Kind -EQ Map).Type | Should -Be 'SockMap'
        ($made | Where-Object Name -EQ sk_msg_prog).Type | Should -Be 'SkMsg'
        $made.Existed | Should -Not -Contain $true
        foreach ($id in ($made | Where-Object Kind -EQ Program).Id) {
            [Sockmap.Bpf.Programs.BpfProgram]::EnumerateIds() | Should -Contain $id
        }
    }

    It 'uses a map that is there, given by <how>' -ForEach @(
        @{ how = 'its path'; give = { param($map) $map.Path } }
        @{ how = 'its id'; give = { param($map) $map.Id } }
        @{ how = 'an object'; give = { param($map) $map } }
        @{ how = 'an object with an id alone'; give = { param($map) [pscustomobject]@{ Id = $map.Id } } }
    ) {
        $map = Import-BpfObject "$seeds/pair24_sockops.bpf.o" -PinPath "$pins/one" -PinMaps "$pins/one" | Where-Object Kind -EQ Map
        $made = Import-BpfObject "$seeds/pair24_redirect.bpf.o" -PinPath "$pins/two" -PinMaps "$pins/two" -MapReplacement @{ sock_ops_map = & $give $map }

        $used = $made | Where-Object Kind -EQ Map
        $used.Id | Should -Be $map.Id
        $used.Existed | Should -BeTrue
        Get-Pinned | Should -Be ('one/sock_ops_map', 'one/take_in', 'two/tcpip_bypass_by_pair24')
        $program = [Sockmap.Bpf.Programs.BpfProgram]::OpenPinned("$pins/two/tcpip_bypass_by_pair24")
        try { $program.GetInfo().MapIds | Should -Be $map.Id } finally { $program.Dispose() }
    }

    It 'loads the programs that are chosen, of the type that is said' {
        $made = @(Import-BpfObject "$objects/targets.bpf.o" -PinPath $pins -Program 'unt*' -Type SockOps)
        $made.Name | Should -Be 'untyped'
        $made.Type | Should -Be 'SockOps'
    }

    It 'pins one program under the name that is said' {
        $made = @(Import-BpfObject "$objects/targets.bpf.o" -PinPath "$pins/one" -PinName chosen -Program untyped -Type SockOps)
        Get-Pinned | Should -Be 'one/chosen'
        $made.Name | Should -Be 'untyped'
        $made.Path | Should -Be "$pins/one/chosen"
        $null = Import-BpfObject "$seeds/pair24_sockops.bpf.o" -PinPath "$pins/two" -PinName chosen -PinMaps "$pins/two"
        Get-Pinned | Should -Be ('one/chosen', 'two/chosen', 'two/sock_ops_map')
    }

    It 'names the pin of the chosen program, and not of those that an array leads to' {
        $null = Import-BpfObject "$objects/nested.bpf.o" -PinPath $pins -PinMaps "$pins/maps" -Program entry -PinName chosen
        @(Get-Pinned) -notlike 'maps/*' | Should -Contain 'chosen'
        @(Get-Pinned) -notlike 'maps/*' | Should -Not -Contain 'entry'
        [IO.Directory]::GetFiles($pins).Count | Should -BeGreaterThan 1
    }

    It 'takes files from the pipeline and by wildcards' {
        Get-ChildItem "$seeds/pair44_*.bpf.o" | Import-BpfObject -PinPath "$pins/a" | Where-Object Kind -EQ Program | Should -HaveCount 2
        Import-BpfObject "$seeds/pair44_*.bpf.o" -PinPath "$pins/b" | Where-Object Kind -EQ Program | Should -HaveCount 2
        Get-Pinned | Should -Be ('a/bpf_redir', 'a/bpf_sockmap', 'b/bpf_redir', 'b/bpf_sockmap')
    }

    It 'finds a map that is pinned under its name' {
        $first, $second = 1, 2 | ForEach-Object {
            Import-BpfObject "$objects/maps.bpf.o" -Program connect4 -PinPath "$pins/p$_" -PinMaps "$pins/maps$_" -ErrorAction Stop | Where-Object Name -EQ counters
        }
        $third = Import-BpfObject "$objects/maps.bpf.o" -Program message -PinPath "$pins/p3" -PinMaps "$pins/maps1" -MapReplacement @{
            sockets = "$pins/maps1/sockets"; events = "$pins/maps1/events"; tails = "$pins/maps1/tails"; storage = "$pins/maps1/storage"; bloom = "$pins/maps1/bloom"
            hidden_array = "$pins/maps1/hidden_array"; 'maps.rodata' = "$pins/maps1/maps_rodata"; 'maps.data' = "$pins/maps1/maps_data"; 'maps.bss' = "$pins/maps1/maps_bss"
            '.rodata.custom' = "$pins/maps1/_rodata_custom"
        } | Where-Object Name -EQ counters
        $first.Id | Should -Not -Be $second.Id
        $third.Id | Should -Be $first.Id
        $third.Existed | Should -BeTrue
        $third.Path | Should -Be "$pins/maps1/counters"
    }

    It 'loads and pins nothing with -WhatIf' {
        Import-BpfObject "$seeds/redir_bypass.bpf.o" -PinPath "$pins/demo" -PinMaps "$pins/demo" -WhatIf | Should -BeNullOrEmpty
        [IO.Directory]::Exists("$pins/demo") | Should -BeFalse
    }

    It 'warns of a program array that will be emptied' {
        Import-BpfObject "$objects/nested.bpf.o" -PinPath $pins -Program entry -WarningVariable warnings 3>$null | Out-Null
        "$warnings" | Should -BeLike "*'calls'*-PinMaps*"
        Import-BpfObject "$objects/nested.bpf.o" -PinPath "$pins/again" -PinMaps "$pins/again" -Program entry -WarningVariable warnings | Out-Null
        $warnings | Should -BeNullOrEmpty
    }

    It 'says <id> of <what>, and leaves nothing pinned' -ForEach @(
        @{ what = 'no file'; id = 'FileNotFound'; category = 'ObjectNotFound'; run = { Import-BpfObject '/no/such.o' -PinPath "$pins/x" } }
        @{ what = 'no object'; id = 'InvalidObject'; category = 'InvalidData'; run = { Import-BpfObject "$PSCommandPath" -PinPath "$pins/x" } }
        @{ what = "iproute2's maps"; id = 'InvalidObject'; category = 'InvalidData'; run = { Import-BpfObject "$objects/iproute2.bpf.o" -PinPath "$pins/x" } }
        @{ what = 'an unknown program'; id = 'ProgramNotFound'; category = 'ObjectNotFound'; run = { Import-BpfObject "$objects/calls.bpf.o" -PinPath "$pins/x" -Program nobody } }
        @{ what = 'an unknown map'; id = 'MapNotFound'; category = 'ObjectNotFound'; run = { Import-BpfObject "$objects/calls.bpf.o" -PinPath "$pins/x" -MapReplacement @{ nothing = 1 } } }
        @{ what = 'a replacement that is none'; id = 'InvalidReplacement'; category = 'InvalidArgument'; run = { Import-BpfObject "$objects/calls.bpf.o" -PinPath "$pins/x" -MapReplacement @{ 'calls.bss' = [datetime]::Now } } }
        @{ what = 'a replacement that is not there'; id = 'ReplacementNotFound'; category = 'ObjectNotFound'; run = { Import-BpfObject "$objects/calls.bpf.o" -PinPath "$pins/x" -MapReplacement @{ 'calls.bss' = "$pins/none" } } }
        @{ what = 'a kernel function that is not there'; id = 'KernelLacks'; category = 'NotImplemented'; run = { Import-BpfObject "$objects/chain.bpf.o" -PinPath "$pins/x" -PinMaps "$pins/y" -Program insert, needs_strong } }
        @{ what = 'a folder on no bpffs'; id = 'InvalidPinPath'; category = 'InvalidArgument'; run = { Import-BpfObject "$objects/calls.bpf.o" -PinPath $TestDrive -PinMaps "$pins/x" } }
        @{ what = 'one name for two pins'; id = 'AmbiguousPinName'; category = 'InvalidArgument'; run = { Import-BpfObject "$seeds/redir_bypass.bpf.o" -PinPath "$pins/x" -PinName one } }
        @{ what = 'a name that no pin can have'; id = 'InvalidPinPath'; category = 'InvalidArgument'; run = { Import-BpfObject "$seeds/pair24_sockops.bpf.o" -PinPath "$pins/x" -PinName '../one' } }
        @{ what = 'the verifier'; id = 'VerifierRefused'; category = 'InvalidOperation'; run = { Import-BpfObject "$objects/nested.bpf.o" -PinPath "$pins/x" -PinMaps "$pins/y" -Type SockOps -Program entry, looks } }
    ) {
        $failure = Get-Failure $run
        $failure.FullyQualifiedErrorId | Should -Be "$id,SockmapPS.Commands.Bpf.ImportBpfObjectCommand"
        $failure.CategoryInfo.Category | Should -Be $category
        $failure.Exception | Should -Not -BeNullOrEmpty
        Get-Pinned | Should -BeNullOrEmpty
        [IO.Directory]::GetDirectories($pins) | Should -BeNullOrEmpty
    }

    It 'takes back what it pinned when a name is taken' {
        $null = Import-BpfObject "$seeds/pair24_sockops.bpf.o" -PinPath $pins
        $failure = Get-Failure { Import-BpfObject "$seeds/pair24_sockops.bpf.o" -PinPath $pins -PinMaps "$pins/maps" }
        $failure.FullyQualifiedErrorId | Should -Be 'PinExists,SockmapPS.Commands.Bpf.ImportBpfObjectCommand'
        Get-Pinned | Should -Be 'take_in'
    }

    It 'refuses a map of another shape by what differs' {
        $null = Import-BpfObject "$seeds/pair44_sockops.bpf.o" -PinPath "$pins/a" -PinMaps "$pins/a"
        $failure = Get-Failure { Import-BpfObject "$seeds/pair24_redirect.bpf.o" -PinPath "$pins/b" -MapReplacement @{ sock_ops_map = "$pins/a/sock_ops_map" } }
        $failure.FullyQualifiedErrorId | Should -Be 'MapMismatch,SockmapPS.Commands.Bpf.ImportBpfObjectCommand'
        "$failure" | Should -BeLike '*keys have 44 bytes, not 24*'
    }

    It 'tells of a refusal what matters, and with -Verbose all' {
        $run = { Import-BpfObject "$objects/refused.bpf.o" -PinPath $pins }
        $failure = Get-Failure $run
        $failure.ErrorDetails.Message | Should -BeLike "*'reads_far'*EACCES*"
        $failure.ErrorDetails.Message | Should -BeLike '*; return *invalid*access*'
        $failure.ErrorDetails.Message | Should -Not -BeLike '*R1=ctx*'
        $failure.ErrorDetails.Message | Should -Not -BeLike '*processed*'
        $verbose = Import-BpfObject "$objects/refused.bpf.o" -PinPath $pins -Verbose -ErrorAction SilentlyContinue 4>&1 | Out-String
        $verbose | Should -BeLike '*R1=ctx*processed*'
    }

    It 'is shown as a table of 120 columns, with the file above' {
        $made = Import-BpfObject "$seeds/redir_bypass.bpf.o" -PinPath "$pins/demo"
        $text = $made | Out-String -Width 120
        $text | Should -BeLike "*Source: $seeds/redir_bypass.bpf.o*Kind*Id*Name*Type*Path*"
        $text | Should -BeLike "*sk_msg_prog*SkMsg*$pins/demo/sk_msg_prog*"
    }

    It 'has examples in its help that run' {
        Copy-Item "$seeds/redir_bypass.bpf.o" "$TestDrive/redir_bypass.bpf.o"
        Copy-Item "$seeds/pair24_sockops.bpf.o" "$TestDrive/sockops.bpf.o"
        Copy-Item "$seeds/pair24_redirect.bpf.o" "$TestDrive/redirect.bpf.o"
        Copy-Item "$seeds/pair44_sockops.bpf.o" "$TestDrive/old.bpf.o"
        $output = Invoke-Isolated $sandbox @'
            Import-Module SockmapPS
            foreach ($example in (Get-Help Import-BpfObject -Full).examples.example) {
                if ([IO.Directory]::Exists('/sys/fs/bpf/demo')) { $null = [Sockmap.Bpf.Pinning.BpfFileSystem]::RemoveDirectory('/sys/fs/bpf/demo') }
                $code = $example.code -replace '(?m)^PS> '
                try { "ran: $(@(Invoke-Expression $code).Count)" }
                catch { "failed: $code`n$_" }
            }
'@
        [regex]::Matches($output, '(?m)^(ran|failed): .*').Value | Should -Be ('ran: 3', 'ran: 4', 'ran: 2', 'ran: 2', 'ran: 0')
    }
}
