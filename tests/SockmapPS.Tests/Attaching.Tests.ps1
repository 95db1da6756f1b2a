BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    . "$PSScriptRoot/BpfObjects.ps1"
}

Describe 'Attaching' -Skip:$notRoot {
    BeforeAll {
        $sandbox = Open-Sandbox
        $fs = $sandbox.BpfFileSystem
        Add-TestPin (Open-TestProgram ops SockOps -ExpectedAttachType CgroupSockOps) "$fs/ops"
        Add-TestPin (Open-TestProgram ops2 SockOps -ExpectedAttachType CgroupSockOps) "$fs/ops2"
        Add-TestPin (Open-TestProgram drop CgroupSkb -Result 0) "$fs/drop"
        Add-TestPin (Open-TestProgram msg SkMsg) "$fs/msg"
        Add-TestPin (Open-TestProgram connect CgroupSockAddr -ExpectedAttachType CgroupInet6Connect) "$fs/connect"
        Add-TestPin (Open-TestMap socks SockHash) "$fs/socks"
        Add-TestPin (Open-TestMap plain Hash) "$fs/plain"
        $opsId = (Get-BpfProgram -Path "$fs/ops").Id
    }

    AfterEach {
        Get-BpfAttachment -Cgroup $sandbox.Cgroup | Remove-BpfAttachment
        Get-BpfAttachment -Map "$fs/socks" | Remove-BpfAttachment
        Get-Item "$fs/*link*" | ForEach-Object { [IO.File]::Delete($_.FullName) }
    }

    AfterAll {
        if (Test-Path variable:sandbox) { Close-Sandbox $sandbox }
    }

    It 'attaches by a link that is pinned, and detaches what was emitted' {
        $attached = Get-BpfProgram -Path "$fs/ops" | Add-BpfAttachment -Cgroup $sandbox.Cgroup -PinPath "$fs/link" -PassThru
        $attached.PinPath | Should -Be "$fs/link"
        $attached.ProgId | Should -Be $opsId
        $attached.LinkId | Should -Be (Get-BpfLink -Path "$fs/link").Id
        (Get-BpfAttachment -Cgroup $sandbox.Cgroup).LinkId | Should -Be $attached.LinkId
        $attached | Remove-BpfAttachment
        Get-BpfAttachment -Cgroup $sandbox.Cgroup | Should -BeNullOrEmpty
        "$fs/link" | Should -Not -Exist
    }

    It 'emits nothing unless asked, and does nothing when only asked what it would do' {
        Add-BpfAttachment $opsId -Cgroup $sandbox.Cgroup -PinPath "$fs/link" -WhatIf
        Get-BpfAttachment -Cgroup $sandbox.Cgroup | Should -BeNullOrEmpty
        Add-BpfAttachment $opsId -Cgroup $sandbox.Cgroup -PinPath "$fs/link" | Should -BeNullOrEmpty
        Get-BpfAttachment -Cgroup $sandbox.Cgroup | Remove-BpfAttachment -WhatIf
        Get-BpfAttachment -Cgroup $sandbox.Cgroup | Should -HaveCount 1
    }

    It 'attaches without a link, with the flag <_>' -ForEach 'Multi', 'Override', 'Alone' {
        $attached = Add-BpfAttachment $opsId -Cgroup $sandbox.Cgroup -NoLink -Flag $_ -PassThru
        $attached.LinkId, $attached.PinPath | Should -Be ($null, $null)
        $bpftool = Invoke-Native bpftool '-j', 'cgroup', 'show', $sandbox.Cgroup | ConvertFrom-Json
        $bpftool.id | Should -Be $opsId
        $bpftool.attach_flags | Should -Be ($_ -eq 'Alone' ? '' : $_.ToLowerInvariant())
        Remove-BpfAttachment -ProgramPath "$fs/ops" -Cgroup $sandbox.Cgroup
        Get-BpfAttachment -Cgroup $sandbox.Cgroup | Should -BeNullOrEmpty
    }

    It 'drops what a cgroup sends while a program that drops is attached' {
        $peer = Open-Peer $sandbox
        $null = Invoke-Peer $peer 'echo 1 8'
        Add-BpfAttachment -ProgramPath "$fs/drop" -Cgroup $sandbox.Cgroup -AttachType CgroupInetEgress -PinPath "$fs/link"
        # As the peer's cgroup sees it: a shell there cannot send a datagram.
        $send = "echo `$`$ > '$($sandbox.Cgroup)/cgroup.procs'; echo > /dev/udp/127.0.0.1/9"
        bash '-c' $send 2>&1 | Out-String | Should -BeLike '*not permitted*'
        Remove-BpfAttachment -LinkId (Get-BpfLink -Path "$fs/link").Id
        bash '-c' $send 2>&1 | Should -BeNullOrEmpty
    }

    It 'finds the attach type that the kernel knows' {
        (Add-BpfAttachment -ProgramPath "$fs/connect" -Cgroup $sandbox.Cgroup -PinPath "$fs/link" -PassThru).AttachType | Should -Be 'CgroupInet6Connect'
    }

    It 'attaches to a socket map given as <Name>' -ForEach @(
        @{ Name = 'pin'; Map = { "$fs/socks" } }
        @{ Name = 'id'; Map = { (Get-BpfMap -Path "$fs/socks").Id } }
        @{ Name = 'object'; Map = { Get-BpfMap -Path "$fs/socks" } }
    ) {
        $attached = Add-BpfAttachment -ProgramPath "$fs/msg" -Map (& $Map) -PinPath "$fs/link" -PassThru
        $attached.AttachType | Should -Be 'SkMsgVerdict'
        $attached.MapId | Should -Be (Get-BpfMap -Path "$fs/socks").Id
        Remove-BpfAttachment -ProgramPath "$fs/msg" -Map (& $Map)
        Get-BpfAttachment -Map "$fs/socks" | Should -BeNullOrEmpty
    }

    It 'replaces the program of a pinned link, and only the expected one' {
        $before = Add-BpfAttachment $opsId -Cgroup $sandbox.Cgroup -PinPath "$fs/link" -PassThru
        $other = @{ ProgramPath = "$fs/ops2"; Cgroup = $sandbox.Cgroup; PinPath = "$fs/link" }
        (Get-Failure { Add-BpfAttachment @other }).FullyQualifiedErrorId | Should -Be 'AlreadyExists,SockmapPS.Commands.Bpf.AddBpfAttachmentCommand'
        (Get-Failure { Add-BpfAttachment @other -ReplaceProgramId (Get-BpfProgram -Path "$fs/msg").Id }).Exception.Message | Should -BeLike '*it is program*that is there*'
        $after = Add-BpfAttachment @other -Replace -PassThru
        $after.LinkId | Should -Be $before.LinkId
        (Get-BpfAttachment -Cgroup $sandbox.Cgroup).ProgName | Should -Be 'ops2'
    }

    It 'says what is wrong: <Id> (<Like>)' -ForEach @(
        @{ Id = 'InvalidArgument'; Like = '*give a path to pin it at, or attach without a link.'; Script = { Add-BpfAttachment $opsId -Cgroup $sandbox.Cgroup } }
        @{ Id = 'InvalidArgument'; Like = '*the attach type must be given; it can be attached as CgroupInetIngress, CgroupInetEgress.'; Script = { Add-BpfAttachment -ProgramPath "$fs/drop" -Cgroup $sandbox.Cgroup -NoLink } }
        @{ Id = 'InvalidArgument'; Like = 'A program of type SockOps is attached to a cgroup, not to a map.'; Script = { Add-BpfAttachment $opsId -Map "$fs/socks" -NoLink } }
        @{ Id = 'InvalidArgument'; Like = 'Name one thing to attach to*'; Script = { Add-BpfAttachment $opsId -Map "$fs/socks" -Cgroup $sandbox.Cgroup -NoLink } }
        @{ Id = 'InvalidArgument'; Like = "*is not a directory on a bpffs*"; Script = { Add-BpfAttachment $opsId -Cgroup $sandbox.Cgroup -PinPath "$TestDrive/link" } }
        @{ Id = 'ObjectNotFound'; Like = 'There is no program with id 4294967295*'; Script = { Add-BpfAttachment 4294967295 -Cgroup $sandbox.Cgroup -NoLink } }
        @{ Id = 'ObjectNotFound'; Like = '*/no-such*does not exist*'; Script = { Add-BpfAttachment $opsId -Cgroup "$($sandbox.Cgroup)/no-such" -NoLink } }
        @{ Id = 'ObjectNotFound'; Like = "There is no interface 'no-such-if'*"; Script = { Add-BpfAttachment $opsId -Interface no-such-if -NoLink } }
        @{ Id = 'WrongObject'; Like = '*is not a pinned program, it is a pinned map.'; Script = { Add-BpfAttachment -ProgramPath "$fs/socks" -Cgroup $sandbox.Cgroup -NoLink } }
        @{ Id = 'KernelRefused'; Like = '*must be a sockmap or sockhash*EINVAL*'; Script = { Add-BpfAttachment -ProgramPath "$fs/msg" -Map "$fs/plain" -PinPath "$fs/link" } }
        @{ Id = 'ObjectNotFound'; Like = 'There is no link with id 4294967295*'; Script = { Remove-BpfAttachment -LinkId 4294967295 } }
        @{ Id = 'ObjectNotFound'; Like = '*is not attached there itself*'; Script = { Remove-BpfAttachment -ProgramId $opsId -Cgroup $sandbox.Cgroup } }
        @{ Id = 'InvalidArgument'; Like = '*is no attachment*'; Script = { 'words' | Remove-BpfAttachment } }
    ) {
        $failure = Get-Failure $Script
        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,SockmapPS.Commands.Bpf.*"
        "$failure" | Should -BeLike $Like
        Get-BpfAttachment -Cgroup $sandbox.Cgroup | Should -BeNullOrEmpty
    }

    It 'goes on with the next of the pipeline' {
        $errors = @()
        $emitted = @(4294967295, $opsId | ForEach-Object { [pscustomobject]@{ Id = $_ } } |
                Add-BpfAttachment -Cgroup $sandbox.Cgroup -NoLink -PassThru -ErrorAction SilentlyContinue -ErrorVariable errors)
        $emitted.ProgId | Should -Be $opsId
        $errors | Should -HaveCount 1
    }

    It 'takes no map or pin of one for the program that has its id: <What>' -ForEach @(
        @{ What = 'a map'; Like = 'Map * is no program: pipe what Get-BpfProgram*'; Give = { Get-BpfMap -Path "$fs/socks" } }
        @{ What = 'a new map'; Like = 'Map * is no program*'; Give = { New-BpfMap "$fs/new" Array -ValueSize 4 -MaxEntries 1 } }
        @{ What = 'the pin of a map'; Like = "What is pinned at '*/socks', a map, is no program*"; Give = { Get-BpfPin "$fs/socks" } }
        @{ What = 'a map of another session'; Like = '* is no program*'; Give = { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize((Get-BpfMap -Path "$fs/socks"))) } }
        @{ What = 'types'; Like = 'BTF object * is no program*'; Give = { Get-BpfBtf vmlinux } }
        @{ What = 'words'; Like = "'words' is no program*"; Give = { 'words' } }
    ) {
        $given = & $Give
        $failure = Get-Failure { $given | Add-BpfAttachment -Cgroup $sandbox.Cgroup -NoLink }
        $failure.FullyQualifiedErrorId | Should -Be 'InvalidArgument,SockmapPS.Commands.Bpf.AddBpfAttachmentCommand'
        "$failure" | Should -BeLike $Like
        Get-BpfAttachment -Cgroup $sandbox.Cgroup | Should -BeNullOrEmpty
        if (Test-Path "$fs/new") { Remove-BpfPin "$fs/new" }
    }

    It 'takes a program as <What>' -ForEach @(
        @{ What = 'a program'; Give = { Get-BpfProgram -Path "$fs/ops" } }
        @{ What = 'its pin'; Give = { Get-BpfPin "$fs/ops" } }
        @{ What = 'a program of another session'; Give = { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize((Get-BpfProgram -Path "$fs/ops"))) } }
        @{ What = 'an object with a ProgId'; Give = { [pscustomobject]@{ Id = 4294967295; ProgId = $opsId } } }
        @{ What = 'a number'; Give = { $opsId } }
    ) {
        (& $Give | Add-BpfAttachment -Cgroup $sandbox.Cgroup -NoLink -PassThru).ProgId | Should -Be $opsId
    }

    It 'takes a program that was imported, and refuses its map' {
        $imported = Import-BpfObject "$Top/tests/Sockmap.Bpf.Tests/objects/seeds/pair24_sockops.bpf.o" -PinPath "$fs/imported"
        try {
            ($imported | Where-Object Kind -EQ Program | Add-BpfAttachment -Cgroup $sandbox.Cgroup -NoLink -PassThru).ProgName | Should -Be 'take_in'
            "$(Get-Failure { $imported | Where-Object Kind -EQ Map | Add-BpfAttachment -Cgroup $sandbox.Cgroup -NoLink })" | Should -BeLike "Map * 'sock_ops_map' is no program*"
        }
        finally { Remove-BpfPin "$fs/imported" -Recurse -Force }
    }

    Context 'what a cgroup inherits' {
        BeforeAll {
            $child = "$($sandbox.Cgroup)/child"
            $null = [IO.Directory]::CreateDirectory($child)
        }

        AfterAll { [IO.Directory]::Delete($child) }

        AfterEach { Get-BpfAttachment -Cgroup $child | Remove-BpfAttachment }

        It 'is not detached from the cgroup above (<How>)' -ForEach @(
            @{ How = 'a link'; More = { @{ PinPath = "$fs/link" } } }
            @{ How = 'no link'; More = { @{ NoLink = $true } } }
        ) {
            $more = & $More
            Add-BpfAttachment $opsId -Cgroup $sandbox.Cgroup @more
            $inherited = Get-BpfAttachment -Cgroup $child -Effective | Where-Object ProgId -EQ $opsId
            $inherited | Should -HaveCount 1
            foreach ($remove in { $inherited | Remove-BpfAttachment }, { $inherited | Remove-BpfAttachment -WhatIf }) {
                $failure = Get-Failure $remove
                $failure.FullyQualifiedErrorId | Should -Be 'InvalidArgument,SockmapPS.Commands.Bpf.RemoveBpfAttachmentCommand'
                "$failure" | Should -BeLike "*is not attached to cgroup '$child' itself, which inherits it from '$($sandbox.Cgroup)'*"
            }
            (Get-BpfAttachment -Cgroup $sandbox.Cgroup).ProgId | Should -Be $opsId

            # The cgroup that it is attached to is asked for: there it goes.
            Get-BpfAttachment -Cgroup $sandbox.Cgroup -Effective | Where-Object ProgId -EQ $opsId | Remove-BpfAttachment
            Get-BpfAttachment -Cgroup $sandbox.Cgroup | Should -BeNullOrEmpty
        }

        It 'has the link of each place, the nearest first' {
            $above = Add-BpfAttachment $opsId -Cgroup $sandbox.Cgroup -PinPath "$fs/link" -PassThru
            $own = Add-BpfAttachment $opsId -Cgroup $child -PinPath "$fs/link2" -PassThru
            (Get-BpfAttachment -Cgroup $child -Effective | Where-Object ProgId -EQ $opsId).LinkId | Should -Be ($own.LinkId, $above.LinkId)
            (Get-BpfAttachment -Cgroup $sandbox.Cgroup -Effective | Where-Object ProgId -EQ $opsId).LinkId | Should -Be $above.LinkId
            Get-BpfAttachment -Cgroup $child -Effective | Where-Object LinkId -EQ $own.LinkId | Remove-BpfAttachment
            (Get-BpfAttachment -Cgroup $child -Effective | Where-Object ProgId -EQ $opsId).LinkId | Should -Be $above.LinkId
        }
    }

    It 'offers pins, interfaces and programs at the Tab key' {
        (Get-Completion "Add-BpfAttachment -ProgramPath $fs/ops").CompletionText | Should -Be ("$fs/ops", "$fs/ops2")
        (Get-Completion 'Add-BpfAttachment -Interface l').CompletionText | Should -Contain 'lo'
        (Get-Completion "Add-BpfAttachment $opsId").ToolTip | Should -Contain "SockOps program $opsId ops"
    }
}

Describe 'Attaching to functions, tracepoints, events and Netfilter' -Skip:$notRoot {
    BeforeAll {
        $sandbox = Open-Sandbox
        $fs = $sandbox.BpfFileSystem
        Add-TestPin (Open-TestProgram probe Kprobe -Result 0) "$fs/probe"
        Add-TestPin (Open-TestProgram many Kprobe -Result 0 -ExpectedAttachType TraceUprobeMulti) "$fs/many"
        Add-TestPin (Open-TestProgram trace Tracepoint -Result 0) "$fs/trace"
        Add-TestPin (Open-TestProgram raw RawTracepoint -Result 0) "$fs/raw"
        Add-TestPin (Open-TestProgram sample PerfEvent -Result 0) "$fs/sample"
        Add-TestPin (Open-TestProgram filter Netfilter -Result 1 -ExpectedAttachType Netfilter) "$fs/filter"
        Add-TestPin (Open-TestProgram xdp Xdp -Result 2 -ExpectedAttachType Xdp) "$fs/xdp"
        $libc = [IO.File]::ReadLines('/proc/self/maps') | ForEach-Object { $_.Split(' ')[-1] } |
            Where-Object { $_ -like '*/libc.so*' } | Select-Object -First 1
        $tracefs = "$fs-tracefs"
        $null = [IO.Directory]::CreateDirectory($tracefs)
        Invoke-Native mount '-t', 'tracefs', 'tracefs', $tracefs
        $interface = "smp$($PID % 100000)"
        Invoke-Native ip 'link', 'add', $interface, 'type', 'veth', 'peer', 'name', "${interface}p"
    }

    AfterEach {
        Get-Item "$fs/*link*" | ForEach-Object { [IO.File]::Delete($_.FullName) }
    }

    AfterAll {
        Invoke-Native ip 'link', 'delete', $interface
        if (Test-Path variable:tracefs) {
            Invoke-Native umount $tracefs
            [IO.Directory]::Delete($tracefs)
        }
        if (Test-Path variable:sandbox) { Close-Sandbox $sandbox }
    }

    It 'attaches to <Name>, lists it, and removes what was listed' -ForEach @(
        @{ Name = 'a function of a library'; Kind = 'UserFunction'; Type = 'PerfEvent'; Target = '*libc.so*+0x*'
            With = { @{ ProgramPath = "$fs/probe"; Executable = $libc; Function = 'getaddrinfo'; ProcessId = $PID } } }
        @{ Name = 'its return'; Kind = 'UserFunction'; Type = 'PerfEvent'; Target = '*libc.so*+0x*'
            With = { @{ ProgramPath = "$fs/probe"; Executable = $libc; Function = 'getaddrinfo'; Return = $true } } }
        @{ Name = 'several functions of a library'; Kind = 'UserFunction'; Type = 'UprobeMulti'; Target = '*libc.so*'
            With = { @{ ProgramPath = "$fs/many"; Executable = $libc; Function = 'if_nameto*', 'getaddrinfo' } } }
        @{ Name = 'a tracepoint'; Kind = 'Tracepoint'; Type = 'PerfEvent'; Target = 'sched_switch'
            With = { @{ ProgramPath = "$fs/trace"; Tracepoint = 'sched/sched_switch' } } }
        @{ Name = 'a raw tracepoint'; Kind = 'Link'; Type = 'RawTracepoint'; Target = 'sched_switch'
            With = { @{ ProgramPath = "$fs/raw"; Tracepoint = 'sched_switch' } } }
        @{ Name = 'a clock'; Kind = 'PerfEvent'; Type = 'PerfEvent'; Target = 'event *:0'
            With = { @{ ProgramPath = "$fs/sample"; PerfEvent = 'CpuClock'; Cpu = 0; Frequency = 49 } } }
        @{ Name = 'Netfilter'; Kind = 'Netfilter'; Type = 'Netfilter'; Target = 'pf 10 hook 3 prio -10'
            With = { @{ ProgramPath = "$fs/filter"; NetfilterHook = 'LocalOut'; Family = 'IPv6'; Priority = -10 } } }
    ) {
        $named = & $With
        $attached = Add-BpfAttachment @named -PinPath "$fs/link" -PassThru
        $attached.TargetKind, $attached.LinkType | Should -Be ($Kind, $Type)
        $attached.Target | Should -BeLike $Target
        (Get-BpfLink -Path "$fs/link").Id | Should -Be $attached.LinkId
        $listed = Get-BpfAttachment | Where-Object LinkId -EQ $attached.LinkId
        $listed.Target, $listed.TargetKind | Should -Be ($attached.Target, $Kind)
        $listed | Remove-BpfAttachment
        "$fs/link" | Should -Not -Exist
        Get-BpfAttachment | Where-Object LinkId -EQ $attached.LinkId | Should -BeNullOrEmpty
    }

    It 'attaches to a function of the kernel, or tells that this kernel has no kprobes' {
        $named = @{ ProgramPath = "$fs/probe"; KernelFunction = 'udp_sendmsg'; Return = $true; PinPath = "$fs/link" }
        if (Test-Path /sys/bus/event_source/devices/kprobe) {
            $attached = Add-BpfAttachment @named -PassThru
            $attached.TargetKind, $attached.Target | Should -Be ('KernelFunction', 'udp_sendmsg')
            (Get-BpfLink -Path "$fs/link").RetProbe | Should -BeTrue
            $attached | Remove-BpfAttachment
        }
        else {
            $failure = Get-Failure { Add-BpfAttachment @named }
            $failure.FullyQualifiedErrorId | Should -BeLike 'ObjectNotFound,*'
            "$failure" | Should -BeLike '*has no kprobes*CONFIG_KPROBE_EVENTS*ENODEV*'
        }
        "$fs/link" | Should -Not -Exist
    }

    It 'attaches operations of the kernel by their map, or tells that this kernel lets nobody implement them' {
        $object = "$Top/tests/Sockmap.Bpf.Tests/objects/operations.bpf.o"
        $problem = $null
        $imported = Import-BpfObject $object -PinPath "$fs/operations" -PinMaps "$fs/operations" -ErrorAction SilentlyContinue -ErrorVariable problem
        if ($problem) {
            "$problem" | Should -BeLike '*ENOTSUPP*'
            return
        }
        $map = $imported | Where-Object { $_.Kind -eq 'Map' -and $_.Type -eq 'StructOps' }
        $attached = Add-BpfAttachment -StructOps $map -PinPath "$fs/link" -PassThru
        $attached.TargetKind, $attached.LinkType, $attached.MapId | Should -Be ('StructOps', 'StructOps', $map.Id)
        [IO.File]::ReadAllText('/proc/sys/net/ipv4/tcp_available_congestion_control') | Should -Match 'sm_steady'
        (Get-Failure { Add-BpfAttachment -StructOps $map -PinPath "$fs/link" }).FullyQualifiedErrorId | Should -BeLike 'AlreadyExists,*'
        (Get-Failure { Add-BpfAttachment -StructOps $map }).Exception.Message | Should -BeLike '*give a path to pin it at*'
        (Get-Failure { Add-BpfAttachment -StructOps ($imported | Where-Object Type -EQ Array)[0] -PinPath "$fs/link2" }).Exception.Message | Should -BeLike '*give the program*'
        Get-BpfAttachment | Where-Object LinkId -EQ $attached.LinkId | Remove-BpfAttachment
        "$fs/link", "$fs/link2" | Should -Not -Exist
        Remove-BpfPin "$fs/operations" -Recurse -Force
    }

    It 'attaches XDP without a link, and removes it' {
        $named = @{ ProgramPath = "$fs/xdp"; Interface = $interface }
        $attached = Add-BpfAttachment @named -NoLink -XdpMode Generic -PassThru
        $attached.LinkId, $attached.XdpMode | Should -Be ($null, 'generic')
        (Invoke-Native bpftool '-j', 'net', 'show', 'dev', $interface | ConvertFrom-Json).xdp.id | Should -Be $attached.ProgId
        Get-BpfAttachment -Interface $interface | Remove-BpfAttachment
        Get-BpfAttachment -Interface $interface | Should -BeNullOrEmpty

        # And what others attached so.
        Invoke-Native ip 'link', 'set', 'dev', $interface, 'xdp', 'pinned', "$fs/xdp"
        (Get-BpfAttachment -Interface $interface).ProgId | Should -Be $attached.ProgId
        Remove-BpfAttachment @named
        Get-BpfAttachment -Interface $interface | Should -BeNullOrEmpty
    }

    It 'says what is wrong: <Id> (<Like>)' -ForEach @(
        @{ Id = 'InvalidArgument'; Like = 'Name one thing to attach to, not several: -KernelFunction, -PerfEvent.'; Script = { Add-BpfAttachment -ProgramPath "$fs/probe" -KernelFunction f -PerfEvent CpuClock -PinPath "$fs/link" } }
        @{ Id = 'InvalidArgument'; Like = 'Name one thing to attach to, not several: -Executable, -Interface.'; Script = { Add-BpfAttachment -ProgramPath "$fs/probe" -Executable $libc -Interface lo -PinPath "$fs/link" } }
        @{ Id = 'InvalidArgument'; Like = '-Offset goes with -KernelFunction or -Executable.'; Script = { Add-BpfAttachment -ProgramPath "$fs/trace" -Tracepoint a/b -Offset 1 -PinPath "$fs/link" } }
        @{ Id = 'InvalidArgument'; Like = '*give -Priority*'; Script = { Add-BpfAttachment -ProgramPath "$fs/filter" -NetfilterHook LocalIn -PinPath "$fs/link" } }
        @{ Id = 'InvalidArgument'; Like = "'sched_switch' does not name a tracepoint with its category*"; Script = { Add-BpfAttachment -ProgramPath "$fs/trace" -Tracepoint sched_switch -PinPath "$fs/link" } }
        @{ Id = 'InvalidArgument'; Like = '*is attached to a function of the kernel or a function of an executable, not to a perf event.'; Script = { Add-BpfAttachment -ProgramPath "$fs/probe" -PerfEvent CpuClock -Cpu 0 -Period 9 -PinPath "$fs/link" } }
        @{ Id = 'InvalidArgument'; Like = '*by link only*'; Script = { Add-BpfAttachment -ProgramPath "$fs/probe" -Executable $libc -Function getaddrinfo -NoLink } }
        @{ Id = 'InvalidArgument'; Like = '*give a period*'; Script = { Add-BpfAttachment -ProgramPath "$fs/sample" -PerfEvent CpuClock -Cpu 0 -PinPath "$fs/link" } }
        @{ Id = 'InvalidArgument'; Like = '*is in no network namespace*'; Script = { Add-BpfAttachment -ProgramPath "$fs/trace" -Tracepoint a/b -NetworkNamespace /proc/self/ns/net -PinPath "$fs/link" } }
        @{ Id = 'ObjectNotFound'; Like = "There is no tracepoint 'sched/no_such'*"; Script = { Add-BpfAttachment -ProgramPath "$fs/trace" -Tracepoint sched/no_such -PinPath "$fs/link" } }
        @{ Id = 'ObjectNotFound'; Like = "*has no function 'no_such'*"; Script = { Add-BpfAttachment -ProgramPath "$fs/probe" -Executable $libc -Function no_such -PinPath "$fs/link" } }
        @{ Id = 'WrongObject'; Like = "'/etc/passwd' is not a 64-bit little-endian ELF file."; Script = { Add-BpfAttachment -ProgramPath "$fs/probe" -Executable /etc/passwd -Function main -PinPath "$fs/link" } }
        @{ Id = 'KernelRefused'; Like = '*no process 2147483647*'; Script = { Add-BpfAttachment -ProgramPath "$fs/probe" -Executable $libc -Function getaddrinfo -ProcessId 2147483647 -PinPath "$fs/link" } }
    ) {
        $failure = Get-Failure $Script
        "$failure" | Should -BeLike $Like
        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,SockmapPS.Commands.Bpf.*"
        "$fs/link" | Should -Not -Exist
    }
}

Describe 'Pinning' -Skip:$notRoot {
    BeforeAll {
        $sandbox = Open-Sandbox
        $fs = $sandbox.BpfFileSystem
        Add-TestPin (Open-TestProgram ops SockOps -ExpectedAttachType CgroupSockOps) "$fs/ops"
        Add-TestPin (Open-TestMap plain Hash) "$fs/plain"
    }

    AfterAll {
        if (Test-Path variable:sandbox) { Close-Sandbox $sandbox }
    }

    It 'pins what is piped and what is named by its id' {
        $map = Get-BpfMap -Path "$fs/plain"
        $pin = $map | Add-BpfPin "$fs/again" -PassThru
        $pin.Path, $pin.Kind, $pin.Id | Should -Be ("$fs/again", 'Map', $map.Id)
        $program = Get-BpfProgram -Path "$fs/ops"
        Add-BpfPin "$fs/byid" -Type Program -Id $program.Id | Should -BeNullOrEmpty
        (Get-BpfPin -Path "$fs/byid").Id | Should -Be $program.Id
        Remove-BpfPin "$fs/again", "$fs/byid"
        "$fs/again", "$fs/byid" | Should -Not -Exist
    }

    It 'makes folders only with -Force' {
        $id = (Get-BpfMap -Path "$fs/plain").Id
        (Get-Failure { Add-BpfPin "$fs/a/b/map" -Type Map -Id $id }).FullyQualifiedErrorId | Should -BeLike 'ObjectNotFound,*'
        Add-BpfPin "$fs/a/b/map" -Type Map -Id $id -WhatIf -Force
        "$fs/a" | Should -Not -Exist
        Add-BpfPin "$fs/a/b/map" -Type Map -Id $id -Force
        (Get-BpfPin -Path "$fs/a/b/map").Id | Should -Be $id
        (Get-Failure { Remove-BpfPin "$fs/a" }).FullyQualifiedErrorId | Should -BeLike 'InUse,*'
        Remove-BpfPin "$fs/a" -Recurse -Force
        "$fs/a" | Should -Not -Exist
    }

    It 'removes by wildcards, by literal paths and from the pipeline' {
        $id = (Get-BpfMap -Path "$fs/plain").Id
        foreach ($name in 'w1', 'w2', 'w[1]', 'x\y') { Add-BpfPin "$fs/$name" -Type Map -Id $id }
        Get-BpfPin -LiteralPath "$fs/w[1]" | Remove-BpfPin
        "$fs/w1" | Should -Exist
        [IO.File]::Exists("$fs/w[1]") | Should -BeFalse
        Remove-BpfPin -LiteralPath "$fs/x\y"
        [IO.File]::Exists("$fs/x\y") | Should -BeFalse
        Remove-BpfPin "$fs/w*" -WhatIf
        "$fs/w2" | Should -Exist
        Remove-BpfPin "$fs/w*"
        (Get-BpfPin -Path "$fs/*").Path | Sort-Object | Should -Be ("$fs/ops", "$fs/plain")
        Remove-BpfPin "$fs/no-such*"
    }

    It 'says what is wrong: <Id> (<Like>)' -ForEach @(
        @{ Id = 'AlreadyExists'; Like = '*something is there already*'; Script = { Add-BpfPin "$fs/ops" -Type Map -Id (Get-BpfMap -Path "$fs/plain").Id } }
        @{ Id = 'InvalidArgument'; Like = '*is not a directory on a bpffs*'; Script = { Get-BpfMap -Path "$fs/plain" | Add-BpfPin "$TestDrive/map" } }
        @{ Id = 'InvalidArgument'; Like = "'a.b' in *cannot be a name on a bpffs*"; Script = { Get-BpfMap -Path "$fs/plain" | Add-BpfPin "$fs/a.b" } }
        @{ Id = 'ObjectNotFound'; Like = 'There is no link with id 4294967295*'; Script = { Add-BpfPin "$fs/new" -Type Link -Id 4294967295 } }
        @{ Id = 'InvalidArgument'; Like = '*cannot be pinned*'; Script = { 'words' | Add-BpfPin "$fs/new" } }
        @{ Id = 'ObjectNotFound'; Like = "There is no pin or folder '*no-such'*"; Script = { Remove-BpfPin "$fs/no-such" } }
        @{ Id = 'InvalidArgument'; Like = '*is not on a bpffs, so it is left alone.'; Script = { Remove-BpfPin $TestDrive -Recurse -Force } }
        @{ Id = 'InvalidArgument'; Like = '*is not on a bpffs, so it is left alone.'; Script = { Remove-BpfPin $fs -Recurse -Force } }
    ) {
        $failure = Get-Failure $Script
        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,SockmapPS.Commands.Bpf.*"
        "$failure" | Should -BeLike $Like
        "$fs/ops", "$fs/plain" | Should -Exist
        $TestDrive | Should -Exist
    }

    It 'mounts the standard bpffs for a pin below it, and every example of the help runs' {
        $output = Invoke-Isolated $sandbox @"
            Import-Module SockmapPS
            . '$PSScriptRoot/BpfObjects.ps1'
            umount /sys/fs/bpf
            while ((stat -f -c %T /sys/fs/bpf) -like 'bpf*') { umount /sys/fs/bpf }
            `$map = Open-TestMap kept Hash
            Add-BpfPin /sys/fs/bpf/kept -Type Map -Id `$map.GetInfo().Id
            "mounted: `$(stat -f -c %T /sys/fs/bpf)"
            `$filter = Open-TestProgram filter CgroupSkb
            mount -t tmpfs none /run
            ip netns add web
            ip -n web link add eth0 type veth peer name eth1
            mount -t tracefs tracefs /sys/kernel/tracing
            Copy-Item '$Top/tests/Sockmap.Bpf.Tests/objects/operations.bpf.o' '$TestDrive/steady.bpf.o'
            Set-Location '$TestDrive'
            foreach (`$name in 'Add-BpfAttachment', 'Remove-BpfAttachment', 'Add-BpfPin', 'Remove-BpfPin') {
                foreach (`$example in (Get-Help `$name -Full).examples.example) {
                    Get-BpfAttachment -Cgroup /sys/fs/cgroup/unified | Remove-BpfAttachment
                    umount /sys/fs/bpf
                    mount -t bpf bpf /sys/fs/bpf
                    Add-TestPin (Open-TestProgram redir SkMsg) /sys/fs/bpf/redir
                    Add-TestPin (Open-TestProgram redir2 SkMsg) /sys/fs/bpf/redir2
                    Add-TestPin (Open-TestProgram ops SockOps -ExpectedAttachType CgroupSockOps) /sys/fs/bpf/ops
                    Add-TestPin (Open-TestProgram xdp Xdp -Result 2 -ExpectedAttachType Xdp) /sys/fs/bpf/xdp
                    Add-TestPin (Open-TestMap sock_map SockHash) /sys/fs/bpf/sock_map
                    Add-TestPin (Open-TestProgram connects Kprobe -Result 0 -ExpectedAttachType TraceKprobeMulti) /sys/fs/bpf/connects
                    Add-TestPin (Open-TestProgram lookups Kprobe -Result 0) /sys/fs/bpf/lookups
                    Add-TestPin (Open-TestProgram switches Tracepoint -Result 0) /sys/fs/bpf/switches
                    Add-TestPin (Open-TestProgram profile PerfEvent -Result 0) /sys/fs/bpf/profile
                    Add-TestPin (Open-TestProgram guard Netfilter -ExpectedAttachType Netfilter) /sys/fs/bpf/guard
                    if (`$name -like 'Remove-*' -or `$example.code -like '*-Replace*') {
                        Add-BpfAttachment -ProgramPath /sys/fs/bpf/redir -Map /sys/fs/bpf/sock_map -PinPath /sys/fs/bpf/redir_link
                    }
                    if (`$name -like 'Remove-*') {
                        Add-BpfAttachment -ProgramPath /sys/fs/bpf/ops -Cgroup /sys/fs/cgroup/unified -NoLink
                        Get-BpfMap -Path /sys/fs/bpf/sock_map | Add-BpfPin /sys/fs/bpf/kept_map
                        Get-BpfMap -Path /sys/fs/bpf/sock_map | Add-BpfPin /sys/fs/bpf/web/map -Force
                    }
                    `$code = `$example.code -replace '(?m)^PS> '
                    try { `$null = Invoke-Expression `$code *>&1; "ran: `$code" }
                    catch {
                        # A kernel may lack kprobes; that it says so is what can be tried there.
                        "`$((`"`$_`" -like '*has no kprobes*CONFIG_FPROBE*') ? 'ran' : 'failed'): `$code``n`$_"
                    }
                }
            }
"@
        $output | Should -Match '(?m)^mounted: bpf'
        $output | Should -Not -Match '(?m)^failed: '
        $examples = ('Add-BpfAttachment', 'Remove-BpfAttachment', 'Add-BpfPin', 'Remove-BpfPin').ForEach({ (Get-Help $_ -Full).examples.example }).Count
        [regex]::Matches($output, '(?m)^ran: ').Count | Should -Be $examples
    }

    It 'without privileges it says so' {
        $lines = "$TestDrive/nobody.ps1"
        Set-Content $lines @"
            Import-Module '$ModulePath'
            foreach (`$script in { Add-BpfPin '$fs/new' -Type Map -Id 1 }, { Remove-BpfAttachment -LinkId 1 }, { Add-BpfAttachment 1 -Cgroup '$($sandbox.Cgroup)' -NoLink }) {
                try { & `$script -ErrorAction Stop; 'done' } catch { "`$(`$_.FullyQualifiedErrorId)" }
            }
"@
        Set-Content $lines ((Get-Content -Raw $lines) -replace 'foreach', "`$ErrorActionPreference = 'Stop'`nforeach")
        $null = [IO.Directory]::CreateDirectory("$TestDrive/home")
        Invoke-Native chown '65534', "$TestDrive/home"
        Invoke-Native chmod 'a+rx', $TestDrive
        $output = Invoke-Native setpriv '--reuid=65534', '--regid=65534', '--clear-groups', 'env', "HOME=$TestDrive/home",
            ([Environment]::ProcessPath), '-NoProfile', '-NonInteractive', '-File', $lines
        $output | Should -HaveCount 3
        $output | Should -BeLike 'PermissionDenied,*'
    }
}
