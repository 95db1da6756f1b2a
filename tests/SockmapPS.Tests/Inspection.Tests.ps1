BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
    $noTool = -not (Get-Command bpftool -ErrorAction Ignore)
    $types = 'ProgramRecord', 'MapRecord', 'LinkRecord', 'BtfRecord', 'PinRecord', 'AttachmentRecord'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    $samples = @{
        ProgramRecord    = [Sockmap.Bpf.Inspection.ProgramRecord]@{
            Id = 4294967295; Type = 'CgroupSockAddr'; Name = 'a_name_that_the_kernel_cuts'; Tag = 'c4037fd18564deb1'; LoadedAt = [datetime]::Now
            BytesXlated = 1000000; MapIds = [uint[]] (1, 2, 3); Pinned = [string[]] '/sys/fs/bpf/pin'; Pids = [int[]] 1; Commands = [string[]] 'a_long_command1'
        }
        MapRecord        = [Sockmap.Bpf.Inspection.MapRecord]@{
            Id = 4294967295; Type = 'ReuseportSockArray'; Name = 'fifteen_letters'; BytesKey = 16; BytesValue = 65536; MaxEntries = 4294967295
            BytesMemlock = 123456789; Flags = 1; Commands = [string[]] 'a_long_command1'
        }
        LinkRecord       = [Sockmap.Bpf.Inspection.LinkRecord]@{
            Id = 4294967295; Type = 'RawTracepoint'; ProgId = 4294967295; ProgName = 'fifteen_letters'; AttachType = 'CgroupInet6Getpeername'; CgroupId = 123456
            Commands = [string[]] 'a_long_command1'
        }
        BtfRecord        = [Sockmap.Bpf.Inspection.BtfRecord]@{ Id = 1; Name = 'vmlinux'; Size = 5514925; Kernel = $true; ProgIds = [uint[]] (1, 2) }
        PinRecord        = [Sockmap.Bpf.Inspection.PinRecord]@{ Path = '/sys/fs/bpf/sockmapps/default/sockhash'; Kind = 'Map'; Id = 12; Type = 'SockHash'; Name = 'sockhash' }
        AttachmentRecord = [Sockmap.Bpf.Inspection.AttachmentRecord]@{
            TargetKind = 'NetworkNamespace'; Target = '/run/netns/blue'; AttachType = 'FlowDissector'; ProgId = 12; ProgName = 'fifteen_letters'; LinkId = 3
        }
    }
}

Describe 'The view of <_>' -ForEach $types {
    It 'fits 120 columns' {
        $lines = ($samples[$_] | Format-Table | Out-String -Width 300).Split("`n").TrimEnd()
        # A column without a width of its own takes the window's rest.
        $narrow = ($samples[$_] | Format-Table | Out-String -Width 120).Split("`n").TrimEnd()
        $narrow | ForEach-Object Length | Sort-Object -Bottom 1 | Should -BeLessOrEqual 120
        ($narrow | Where-Object { $_ })[0].Split(' ', [StringSplitOptions]::RemoveEmptyEntries) | Should -Be ($lines | Where-Object { $_ })[0].Split(' ', [StringSplitOptions]::RemoveEmptyEntries)
    }

    It 'serves an object that came over remoting' {
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($samples[$_]))
        $copy | Format-Table | Out-String -Width 120 | Should -Be ($samples[$_] | Format-Table | Out-String -Width 120)
    }
}

Describe 'The kernel''s objects' -Skip:$notRoot {
    BeforeAll {
        $sandbox = Open-Sandbox
        Install-SockmapBypass inspected -Cgroup $sandbox.Cgroup -BpfFileSystem $sandbox.BpfFileSystem -MaxEntries 16
        $pins = "$($sandbox.BpfFileSystem)/sockmapps/inspected"
        $map = Get-BpfMap -LiteralPath "$pins/sockhash"
    }

    AfterAll {
        if (Test-Path variable:sandbox) { Close-Sandbox $sandbox }
    }

    It 'a map is found by id, name, type and pin alike' {
        $map | Should -BeOfType ([Sockmap.Bpf.Inspection.MapRecord])
        $map.Type, $map.MaxEntries, $map.BytesValue | Should -Be ('SockHash', 16, 8)
        $map.Pinned | Should -Be "$pins/sockhash"
        $found = @(
            Get-BpfMap -Id $map.Id
            Get-BpfMap sockhash | Where-Object Id -EQ $map.Id
            Get-BpfMap sock*h -Type SockHash | Where-Object Id -EQ $map.Id
            Get-BpfMap -Path "$($sandbox.BpfFileSystem)/*/sockhash"
            Get-Item -LiteralPath "$pins/sockhash" | Get-BpfMap
            $map | Get-BpfMap
        )
        $found.Id | Should -Be (@($map.Id) * 6)
        Get-BpfMap -Type RingBuf | Where-Object Id -EQ $map.Id | Should -BeNullOrEmpty
    }

    It 'a program is found by id, name, tag, type and pin alike' {
        $program = Get-BpfProgram -Path "$pins/take_in"
        $found = @(
            Get-BpfProgram -Id $program.Id
            Get-BpfProgram take_in | Where-Object Id -EQ $program.Id
            Get-BpfProgram -Tag $program.Tag -Type SockOps | Where-Object Id -EQ $program.Id
            Get-BpfProgram -Tag ($program.Tag.Substring(0, 8) + '*') | Where-Object Id -EQ $program.Id
        )
        $found.Id | Should -Be (@($program.Id) * 4)
        $found.Tag | Should -Match '^[0-9a-f]{16}$'
    }

    It 'one binds to the next by property name' {
        $program = Get-BpfProgram -Path "$pins/take_in"
        ($program | Get-BpfMap).Id | Should -Be $program.MapIds
        ($program | Get-BpfMap).Id | Should -Contain $map.Id
        $link = Get-BpfLink -Path "$pins/cgroup_link"
        ($link | Get-BpfProgram).Id | Should -Be $program.Id
        $link | Get-BpfMap | Should -BeNullOrEmpty
        (Get-BpfLink -Path "$pins/list" | Get-BpfMap).Id | Should -Be $map.Id
        ($program | Get-BpfBtf).ProgIds | Should -Contain $program.Id
        ($program | Get-BpfBtf | Get-BpfProgram).Name | Should -Contain 'take_in'
        (Get-BpfPin "$pins/sockhash" | Get-BpfMap).Id | Should -Be $map.Id
        ($program | Get-BpfProgram).Id | Should -Be $program.Id
        (Get-BpfAttachment -Cgroup $sandbox.Cgroup | Get-BpfLink).Id | Should -Be $link.Id
    }

    It 'pins are listed by folder and kind' {
        $all = Get-BpfPin $sandbox.BpfFileSystem
        ($all | Where-Object Kind -EQ 'Link').Count | Should -BeGreaterOrEqual 2
        (Get-BpfPin $pins -Kind Map).Kind | Select-Object -Unique | Should -Be 'Map'
        (Get-BpfPin "$pins/*" -Name take_in).Path | Should -Contain "$pins/take_in"
        (Get-BpfPin "$pins/*" -Type sockhash).Id | Should -Be $map.Id
    }

    It 'attachments are listed by cgroup and map' {
        $attached = Get-BpfAttachment -Cgroup (Split-Path $sandbox.Cgroup) -Recurse | Where-Object Cgroup -EQ $sandbox.Cgroup
        $attached.ProgName, $attached.AttachType, $attached.AttachFlags | Should -Be ('take_in', 'CgroupSockOps', 'multi')
        (Get-BpfAttachment -Cgroup $sandbox.Cgroup -Effective -AttachType CgroupSockOps).ProgName | Should -Contain 'take_in'
        (Get-SockmapBypass -BpfFileSystem $sandbox.BpfFileSystem | Get-BpfAttachment).ProgName | Should -Be 'take_in'
        $verdict = $map | Get-BpfAttachment
        $verdict.AttachType, $verdict.MapId | Should -Be ('SkMsgVerdict', $map.Id)
        Get-BpfAttachment -Map "$pins/sockhash" | ForEach-Object ProgId | Should -Be $verdict.ProgId
        Get-BpfAttachment root -Map sockhash | ForEach-Object ProgId | Should -Contain $verdict.ProgId
        (Get-BpfAttachment).ProgId | Should -Contain $verdict.ProgId
    }

    It 'a text without wildcards that is met nowhere is an error: <Text>' -ForEach @(
        @{ Text = 'Get-BpfProgram no_such'; Like = "There is no program with the name 'no_such'*" }
        @{ Text = 'Get-BpfProgram -Tag 0000000000000000'; Like = "There is no program with the tag '0000000000000000'*" }
        @{ Text = 'Get-BpfMap no_such'; Like = "There is no map with the name 'no_such'*" }
        @{ Text = 'Get-BpfLink no_such'; Like = "There is no link to a program with the name 'no_such'*" }
        @{ Text = 'Get-BpfBtf no_such'; Like = "There is no BTF object with the name 'no_such'*" }
        @{ Text = 'Get-BpfPin -Name no_such'; Like = "There is no pin of an object with the name 'no_such'*" }
        @{ Text = 'Get-BpfPin "$pins/no_such"'; Like = '*no_such*' }
        @{ Text = 'Get-BpfAttachment no_such'; Like = "There is no attachment of a program with the name 'no_such'*" }
        @{ Text = 'Get-BpfAttachment no_such -Cgroup $sandbox.Cgroup'; Like = "There is no attachment of a program with the name 'no_such' where it was looked for*" }
        @{ Text = 'Get-BpfAttachment -Map no_such'; Like = "There is no sockmap or sockhash with the name 'no_such'*" }
        @{ Text = 'Get-BpfAttachment -Map "$pins/no_such"'; Like = '*no_such*' }
        @{ Text = 'Get-BpfAttachment -Interface no_such'; Like = "*'no_such'*" }
    ) {
        $failure = Get-Failure ([scriptblock]::Create($Text))
        $failure.FullyQualifiedErrorId | Should -BeLike 'ObjectNotFound,SockmapPS.Commands.Bpf.*'
        "$failure" | Should -BeLike $Like
        "$($failure.TargetObject)" | Should -BeIn ('no_such', "$pins/no_such", '0000000000000000')
    }

    It 'wildcards that meet nothing, and places where nothing is attached, give nothing' {
        $nothing = New-BpfMap "$pins/nothing_here" SockHash -KeySize 4 -MaxEntries 1
        try {
            @(Get-BpfProgram no_such*; Get-BpfMap no_such*; Get-BpfLink no_such*; Get-BpfBtf no_such*; Get-BpfPin -Name no_such*; Get-BpfProgram -Tag zz*
                Get-BpfAttachment no_such*; Get-BpfAttachment -Map no_such*; Get-BpfAttachment -Interface no_such*
                Get-BpfAttachment -Map nothing_here; Get-BpfAttachment -Map $nothing.Id; Get-BpfAttachment -Map "$pins/nothing_here") | Should -BeNullOrEmpty
        }
        finally { Remove-BpfPin "$pins/nothing_here" }
    }

    It 'instructions read as bpftool prints them' -Skip:$noTool {
        $program = Get-BpfProgram -Path "$pins/take_in"
        # bpftool 7.1 knows nothing of the mark of per-CPU addresses (6.10).
        ($program | Get-BpfProgramInstruction | Out-String -Width 1000).Trim() -replace '\s*\n', "`n" -replace '&\(void __percpu \*\)\((r\d+)\)', '$1' |
            Should -Be ((Invoke-Native bpftool 'prog', 'dump', 'xlated', 'id', $program.Id) -join "`n").Trim()
        $jited = Get-BpfProgramInstruction -LiteralPath "$pins/take_in" -Jited
        ($jited.Code | Measure-Object).Count | Should -Be $program.BytesJited
    }

    It 'every field of bpftool is a property of the same words' -Skip:$noTool {
        $tool = Invoke-Native bpftool '-j', '-f', 'map', 'show', 'id', $map.Id | ConvertFrom-Json -AsHashtable
        foreach ($field in $tool.Keys) {
            $name = ($field -split '_' | ForEach-Object { $_.Substring(0, 1).ToUpperInvariant() + $_.Substring(1) }) -join ''
            "$($map.$name)" -replace '^(SockHash|False)$', ($field -eq 'frozen' ? '0' : 'sockhash') | Should -Be "$($tool[$field])" -Because $field
        }
    }

    It 'what is not there is one error each, and the rest goes on' {
        $found = Get-BpfMap -Id 4294967295, $map.Id -ErrorAction SilentlyContinue -ErrorVariable failures
        $found.Id | Should -Be $map.Id
        $failures | Should -HaveCount 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'ObjectNotFound,SockmapPS.Commands.Bpf.GetBpfMapCommand'
        $failures[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failures[0].TargetObject | Should -Be 4294967295
        (Get-Failure { Get-BpfProgram no_such_program }).TargetObject | Should -Be 'no_such_program'
        Get-BpfProgram no_such_* -ErrorAction Stop | Should -BeNullOrEmpty
        (Get-Failure { Get-BpfLink -Path "$pins/nothing" }).FullyQualifiedErrorId | Should -BeLike 'ObjectNotFound,*'
    }

    It 'a pin of another kind is one clear error' {
        $failure = Get-Failure { Get-BpfMap -LiteralPath "$pins/take_in" }
        $failure.FullyQualifiedErrorId | Should -Be 'WrongObject,SockmapPS.Commands.Bpf.GetBpfMapCommand'
        "$failure" | Should -BeLike '*is not a pinned map, it is a pinned program*'
        (Get-Failure { Get-BpfAttachment -Cgroup /usr }).FullyQualifiedErrorId | Should -BeLike 'WrongObject,*'
    }

    It 'the Tab key offers names, ids and pins' {
        (Get-Completion 'Get-BpfProgram take').CompletionText | Should -Contain 'take_in'
        (Get-Completion "Get-BpfMap -Id $($map.Id)").CompletionText | Should -Contain "$($map.Id)"
        (Get-Completion "Get-BpfMap -Path $pins/sockh").CompletionText | Should -Be "$pins/sockhash"
        Get-Completion "Get-BpfMap -Path $pins/take_i" | Should -BeNullOrEmpty
    }

    It 'every example of the help runs' {
        $output = Invoke-Isolated $sandbox @'
            Import-Module SockmapPS
            Install-SockmapBypass examples
            foreach ($name in 'BpfProgram', 'BpfMap', 'BpfLink', 'BpfBtf', 'BpfPin', 'BpfAttachment', 'BpfProgramInstruction') {
                foreach ($example in (Get-Help "Get-$name" -Full).examples.example) {
                    $code = $example.code -replace '(?m)^PS> '
                    try { $shown = Invoke-Expression $code -ErrorAction Stop; "ran: $code -> $(@($shown).Count)" }
                    catch { "failed: $code`n$_" }
                }
            }
            Remove-SockmapBypass examples
'@
        $output | Should -Not -Match '(?m)^failed: '
        $pages = 'BpfProgram', 'BpfMap', 'BpfLink', 'BpfBtf', 'BpfPin', 'BpfAttachment', 'BpfProgramInstruction'
        $examples = $pages.ForEach({ (Get-Help "Get-$_" -Full).examples.example }).Count
        [regex]::Matches($output, '(?m)^ran: ').Count | Should -Be $examples
    }

    It 'without the privilege a listing is one clear error' {
        $lines = setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command (
            "`$env:HOME = '/tmp'; Import-Module '$ModulePath'; try { Get-BpfMap } catch { `$_.FullyQualifiedErrorId; `"`$_`" }") 2>&1
        "$lines" | Should -BeLike '*PermissionDenied,SockmapPS.Commands.Bpf.GetBpfMapCommand*needs CAP_SYS_ADMIN*'
    }
}
