BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
}

Describe 'Sockets of a bypass' -Skip:$notRoot {
    BeforeAll {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
        Install-SockmapBypass @there -Cgroup $sandbox.Cgroup -MaxEntries 64
        $peer = Open-Peer $sandbox
        $other = Open-Peer $sandbox -Address '::1'
        Invoke-Peer $peer 'name friendly-server'
        Invoke-Peer $peer 'echo 20 64'
        Invoke-Peer $other 'echo 20 64'
        $map = "$($sandbox.BpfFileSystem)/sockmapps/default/sockhash"
    }

    AfterAll {
        if (Test-Path variable:sandbox) { Close-Sandbox $sandbox }
    }

    It 'say who talks to whom, which way, and since when' {
        $client = Get-SockmapEntry @there -LocalPort $peer.ClientPort
        $server = Get-SockmapEntry @there -LocalPort $peer.ServerPort
        foreach ($entry in $client, $server) {
            $entry.ProcessId | Should -Be $peer.Process.Id
            $entry.PeerProcessId | Should -Be $peer.Process.Id
            $entry.ProcessName | Should -Be 'friendly-server'
            $entry.PeerProcessName | Should -Be 'friendly-server'
            $entry.Path, $entry.ReceivePath, $entry.WasAdded, $entry.IsLeaving | Should -Be ('Redirected', 'Redirected', $false, $false)
            $entry.Cgroup | Should -Be $sandbox.Cgroup
            $entry.JoinedAt, $entry.LastUsed | Should -BeOfType ([datetime])
            $entry.JoinedAt | Should -BeLessOrEqual $entry.LastUsed
            $entry.LastUsed | Should -BeGreaterThan ([datetime]::Now.AddMinutes(-5))
            $entry.NetworkNamespace | Should -Be ((Get-Item /proc/self/ns/net).Target -replace '\D')
        }
        $client.IsClient, $server.IsClient | Should -Be ($true, $false)
        $client.PeerCookie, $server.PeerCookie | Should -Be ($server.Cookie, $client.Cookie)
        (Get-Item "/proc/$($peer.Process.Id)/fd/*").Target | Should -Contain "socket:[$($client.Inode)]"
    }

    It 'are chosen by <what>' -ForEach @(
        @{ what = 'either port'; filter = { @{ Port = $peer.ServerPort } }; expected = { $peer.ServerPort, $peer.ClientPort } }
        @{ what = 'a network'; filter = { @{ Address = '10.0.0.0/8', '::1/128' } }; expected = { $other.ServerPort, $other.ClientPort } }
        @{ what = 'the name of a process, whatever its case'; filter = { @{ ProcessName = 'FRIENDLY*' } }; expected = { $peer.ServerPort, $peer.ClientPort } }
        @{ what = 'a name that the kernel cut off'; filter = { @{ ProcessName = 'friendly-server-of-ours' } }; expected = { $peer.ServerPort, $peer.ClientPort } }
        @{ what = 'the id of a process'; filter = { @{ ProcessId = $other.Process.Id } }; expected = { $other.ServerPort, $other.ClientPort } }
        @{ what = 'a state'; filter = { @{ State = 'CloseWait', 'Listen' } }; expected = { @() } }
        @{ what = 'the cgroup'; filter = { @{ Cgroup = Split-Path $sandbox.Cgroup; LocalPort = $peer.ClientPort } }; expected = { $peer.ClientPort } }
        @{ what = 'all of it together'; filter = { @{ Port = $peer.ServerPort; ProcessId = $other.Process.Id } }; expected = { @() } }
    ) {
        $arguments = & $filter
        Get-SockmapEntry @there @arguments | ForEach-Object LocalPort | Sort-Object | Should -Be (& $expected | Sort-Object)
    }

    It 'are listed without their processes where nobody asks' {
        $entry = Get-SockmapEntry @there -NoProcess -LocalPort $peer.ClientPort
        $entry.ProcessId + $entry.ProcessName + $entry.PeerProcessId | Should -BeNullOrEmpty
        $entry.PeerCookie | Should -Not -BeNullOrEmpty
    }

    It 'survive remoting' {
        $entry = Get-SockmapEntry @there -LocalPort $peer.ClientPort
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($entry))
        $copy.ProcessId | Should -Be $peer.Process.Id
        $copy.ProcessId[0] | Should -BeOfType ([int])
        $copy.PeerProcessName | Should -Be 'friendly-server'
        $copy.LastUsed | Should -Be $entry.LastUsed
    }

    It 'are listed from the map itself, by <how>' -ForEach @(
        @{ how = 'its pin'; list = { Get-SockmapEntry -Map $map -Port $peer.ServerPort } }
        @{ how = 'its id'; list = { Get-SockmapEntry -Map (Get-BpfPin $map).Id -Port $peer.ServerPort } }
        @{ how = 'the pipeline'; list = { Get-BpfMap -Id (Get-BpfPin $map).Id | Get-SockmapEntry -ProcessId $peer.Process.Id } }
    ) {
        $members = @(& $list)
        $members | Should -HaveCount 2
        $members | Should -BeOfType ([SockmapPS.Output.SockmapMapEntry])
        $entries = Get-SockmapEntry @there -Port $peer.ServerPort
        $members.Cookie | Sort-Object | Should -Be ($entries.Cookie | Sort-Object)
        foreach ($member in $members) {
            $member.MapName, $member.MapType, $member.State, $member.QueuedBytes | Should -Be ('sockhash', 'SockHash', 'Established', 0)
            $member.ProcessName | Should -Be 'friendly-server'
            $member.Cgroup | Should -Be $sandbox.Cgroup
            $member.KeyBytes | Should -HaveCount 48
        }
    }

    It 'are listed from a sockmap of others, with its index, and without processes' {
        $pin = "$($sandbox.BpfFileSystem)/others"
        $null = New-BpfMap $pin SockMap -KeySize 4 -ValueSize 4 -MaxEntries 8
        $listener = [Net.Sockets.TcpListener]::new('127.0.0.1', 0)
        $listener.Start()
        try {
            Set-BpfMapEntry $pin -Key 5 -Value $listener.Server
            $member = Get-SockmapEntry -Map $pin -NoProcess
            $member.Key, $member.State, $member.LocalPort | Should -Be (5, 'Listen', $listener.LocalEndpoint.Port)
            $member.ProcessId | Should -BeNullOrEmpty
            Get-SockmapEntry -Map $pin -State Established | Should -BeNullOrEmpty
            (Get-SockmapEntry -Map $pin).ProcessId | Should -Be $PID
        }
        finally {
            $listener.Stop()
        }
    }

    It 'cannot be listed from <what>' -ForEach @(
        @{ what = 'a map that is not there'; map = '4294967295'; id = 'MapNotFound'; category = 'ObjectNotFound' }
        @{ what = 'a pin that is not there'; map = '/sys/fs/bpf/no-such-pin'; id = 'MapNotFound'; category = 'ObjectNotFound' }
        @{ what = 'a map of another type'; map = 'slot'; id = 'NotSupportedByMap'; category = 'NotImplemented' }
        @{ what = 'a program'; map = 'verdict'; id = 'NotAMap'; category = 'InvalidArgument' }
    ) {
        if ($map -notmatch '^[\d/]') { $map = "$($sandbox.BpfFileSystem)/sockmapps/default/$map" }
        $failure = Get-Failure { Get-SockmapEntry -Map $map }
        $failure.FullyQualifiedErrorId | Should -Be "$id,SockmapPS.Commands.GetSockmapEntryCommand"
        $failure.CategoryInfo.Category | Should -Be $category
        $failure.TargetObject | Should -Be $map
    }

    It '<what> is one error' -ForEach @(
        @{ what = 'a cgroup that is not there'; arguments = @{ Cgroup = '/sys/fs/cgroup/no-such' }; id = 'CgroupNotFound' }
        @{ what = 'a folder that is no cgroup'; arguments = @{ Cgroup = '/usr' }; id = 'NotACgroup' }
        @{ what = 'to ask for processes and not to look'; arguments = @{ ProcessId = 1; NoProcess = $true }; id = 'InvalidFilter' }
        @{ what = 'a process with the id 0'; arguments = @{ ProcessId = 0 }; id = 'ParameterArgumentValidationError' }
        @{ what = 'a state that is none'; arguments = @{ State = 'Open' }; id = 'CannotConvertArgumentNoMessage' }
    ) {
        (Get-Failure { Get-SockmapEntry @there @arguments }).FullyQualifiedErrorId |
            Should -Be "$id,SockmapPS.Commands.GetSockmapEntryCommand"
    }

    It 'are completed by process' {
        (Get-Completion 'Get-SockmapEntry -ProcessName friendly-s').CompletionText | Should -Be 'friendly-server'
        (Get-Completion "Get-SockmapEntry -ProcessId $($peer.Process.Id)").CompletionText | Should -Contain "$($peer.Process.Id)"
    }
}

Describe 'Established connections' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
        $here = $there + @{ Cgroup = $sandbox.Cgroup; MaxEntries = 64 }
        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 5 64'
    }

    AfterEach {
        Close-Sandbox $sandbox
    }

    It 'are candidates of no bypass where the default one is not installed' {
        $candidate = Get-SockmapCandidate @there -Port $peer.ServerPort
        $candidate | Should -BeOfType ([Sockmap.Sockets.ConnectionCandidate])
        $candidate.LocalPort, $candidate.RemotePort, $candidate.Bypass | Should -Be ($peer.ClientPort, $peer.ServerPort, $null)
        $failure = Get-Failure { Get-SockmapCandidate default @there }
        $failure.FullyQualifiedErrorId | Should -Be 'BypassNotFound,SockmapPS.Commands.GetSockmapCandidateCommand'
        $failure.TargetObject | Should -Be 'default'
    }

    It 'are candidates where the bypass would have taken them, and with -All the others too' {
        Install-SockmapBypass narrow @here -Port $peer.ServerPort
        Install-SockmapBypass elsewhere @here -Port 1
        $candidate = Get-SockmapCandidate narrow @there
        $candidate.RemotePort, $candidate.Bypass | Should -Be ($peer.ServerPort, 'narrow')
        $candidate.ProcessIds | Should -Be $peer.Process.Id
        $candidate.RemoteProcessIds | Should -Be $peer.Process.Id
        $candidate.Cgroup, $candidate.RemoteCgroup | Should -Be ($sandbox.Cgroup, $sandbox.Cgroup)
        Get-SockmapCandidate elsewhere @there | Should -BeNullOrEmpty
        (Get-SockmapCandidate elsewhere @there -All -ProcessId $peer.Process.Id).RemotePort | Should -Be $peer.ServerPort
        (Get-SockmapBypass narrow @there | Get-SockmapCandidate).RemotePort | Should -Be $peer.ServerPort
    }

    It 'are chosen by either end: <filter>' -ForEach @(
        @{ filter = 'LocalPort of the server'; arguments = { @{ LocalPort = $peer.ServerPort } } }
        @{ filter = 'LocalPort of the client'; arguments = { @{ LocalPort = $peer.ClientPort } } }
        @{ filter = 'RemotePort and name'; arguments = { @{ RemotePort = $peer.ServerPort; ProcessName = 'pwsh' } } }
        @{ filter = 'Cgroup and network'; arguments = { @{ Cgroup = $sandbox.Cgroup; Address = '127.0.0.0/8' } } }
    ) {
        $given = & $arguments
        (Get-SockmapCandidate @there @given).LocalPort | Should -Be $peer.ClientPort
        Get-SockmapCandidate @there @given -ProcessId $PID | Should -BeNullOrEmpty
    }

    It 'are added from the pipeline, and go on' {
        Install-SockmapBypass @here
        Get-SockmapCandidate @there | Add-SockmapEntry @there | Should -BeNullOrEmpty -Because 'nobody asked for output'
        Get-SockmapCandidate @there | Should -BeNullOrEmpty
        Invoke-Peer $peer 'echo 20 64'
        $entries = Get-SockmapEntry @there
        $entries | Should -HaveCount 2
        foreach ($entry in $entries) {
            $entry.WasAdded, $entry.Path, $entry.TcpMessages, $entry.Reason | Should -Be ($true, 'Redirected', 1, 'Kick')
            $entry.RedirectedBytes | Should -Be (19 * 64)
        }
    }

    It 'are added by <what>, whatever the bypass itself takes' -ForEach @(
        @{ what = 'port'; arguments = { @{ Port = $peer.ServerPort } } }
        @{ what = 'process'; arguments = { @{ ProcessId = $peer.Process.Id } } }
        @{ what = 'cgroup and network'; arguments = { @{ Cgroup = $sandbox.Cgroup; Address = '127.0.0.1' } } }
    ) {
        Install-SockmapBypass @here -Port 1
        $given = & $arguments
        $entries = Add-SockmapEntry @there @given -PassThru
        $entries.LocalPort | Sort-Object | Should -Be ($peer.ServerPort, $peer.ClientPort | Sort-Object)
        $entries.ProcessId | Select-Object -Unique | Should -Be $peer.Process.Id
        Invoke-Peer $peer 'echo 20 64'
        (Get-SockmapEntry @there).Path | Should -Be ('Redirected', 'Redirected')
        (Add-SockmapEntry @there @given -PassThru -Verbose 4>&1).Where({ "$_" -like '*in bypass*already*' }) | Should -HaveCount 1
    }

    It 'are shown and not added by -WhatIf, and an empty pipeline adds nothing' {
        Install-SockmapBypass @here
        Get-SockmapCandidate @there | Add-SockmapEntry @there -WhatIf
        Get-SockmapEntry @there | Should -BeNullOrEmpty
        @() | Add-SockmapEntry @there -ErrorAction Stop
        @() | Remove-SockmapEntry @there -ErrorAction Stop
    }

    It 'that are gone are an error each, and the others are added' {
        Install-SockmapBypass @here
        $gone = Open-Peer $sandbox
        # From before its ends came in with the install.
        Get-SockmapEntry @there | Remove-SockmapEntry @there
        $candidates = Get-SockmapCandidate @there
        $candidates | Should -HaveCount 2
        $gone.Process.Kill()
        $gone.Process.WaitForExit()
        $candidates | Add-SockmapEntry @there -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures | Should -HaveCount 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'SocketNotAccessible,SockmapPS.Commands.AddSockmapEntryCommand'
        $failures[0].CategoryInfo.Category | Should -Be 'ResourceUnavailable'
        $failures[0].TargetObject.ProcessId | Should -Be $gone.Process.Id
        (Get-SockmapEntry @there).LocalPort | Should -Contain $peer.ServerPort
        Invoke-Peer $peer 'echo 20 64'
    }

    It '<what> is <id>' -ForEach @(
        @{ what = 'nothing that matches'; command = { Add-SockmapEntry @there -ProcessId 1 -Port 1 }; id = 'ConnectionNotFound'; category = 'ObjectNotFound' }
        @{ what = 'no filter'; command = { Add-SockmapEntry @there }; id = 'FilterMissing'; category = 'InvalidArgument' }
        @{ what = 'no bypass'; command = { Add-SockmapEntry nobody @there -Port 1 }; id = 'BypassNotFound'; category = 'ObjectNotFound' }
        @{ what = 'no cgroup'; command = { Add-SockmapEntry @there -Cgroup /usr }; id = 'NotACgroup'; category = 'InvalidArgument' }
        @{ what = 'no socket'; command = { Add-SockmapEntry @there -Socket 5 }; id = 'CannotConvertArgumentNoMessage'; category = 'InvalidArgument' }
        @{ what = 'a socket of UDP'; command = { Add-SockmapEntry @there -Socket ([Net.Sockets.UdpClient]::new(0)) }; id = 'ConnectionNotFound'; category = 'ObjectNotFound' }
        @{ what = 'a handle of a file'; command = { Add-SockmapEntry @there -Socket ([IO.File]::OpenHandle('/etc/hostname')) }; id = 'NotASocket'; category = 'InvalidArgument' }
        @{ what = 'a client that was closed'; command = { $client = [Net.Sockets.TcpClient]::new(); $client.Dispose(); Add-SockmapEntry @there -Socket $client }; id = 'DescriptorClosed'; category = 'ObjectNotFound' }
    ) {
        Install-SockmapBypass @here
        $failure = Get-Failure $command
        $failure.FullyQualifiedErrorId | Should -Be "$id,SockmapPS.Commands.AddSockmapEntryCommand"
        $failure.CategoryInfo.Category | Should -Be $category
    }

    It 'of this process are added by <what>' -ForEach @(
        @{ what = 'TcpClient'; pick = { $client } }
        @{ what = 'Socket'; pick = { $server.Client } }
        @{ what = 'NetworkStream'; pick = { $client.GetStream() } }
        @{ what = 'SafeHandle'; pick = { $client.Client.SafeHandle } }
        @{ what = 'both ends'; pick = { $client; $server } }
    ) {
        Install-SockmapBypass @here
        $listener = [Net.Sockets.TcpListener]::new('127.0.0.1', 0)
        $listener.Start()
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $listener.LocalEndpoint.Port)
        $server = $listener.AcceptTcpClient()
        try {
            $entries = & $pick | Add-SockmapEntry @there -PassThru
            $entries | Should -HaveCount 2
            $entries.ProcessId | Select-Object -Unique | Should -Be $PID
            foreach ($message in 1..3) {
                $client.GetStream().WriteByte($message)
                $server.GetStream().ReadByte() | Should -Be $message
            }
            (Get-SockmapEntry @there -LocalPort $listener.LocalEndpoint.Port -NoProcess).ReceivePath | Should -Be 'Redirected'
        }
        finally {
            $client.Dispose()
            $server.Dispose()
            $listener.Stop()
        }
    }

    It 'are put in by the install, and told of' {
        $told = Install-SockmapBypass @here -IncludeEstablished -Verbose 4>&1
        "$($told[-1])" | Should -Be "Established connections that were put into bypass 'default': 1."
        Invoke-Peer $peer 'echo 20 64'
        (Get-SockmapEntry @there).Path | Should -Be ('Redirected', 'Redirected')
        (Install-SockmapBypass @here -IncludeEstablished -PassThru).Entries | Should -Be 2
        Invoke-Peer $peer 'echo 20 64'
    }

    It 'that the install cannot put in are warnings with the reason' {
        $second = Open-Peer $sandbox
        $bypass = Install-SockmapBypass @there -Cgroup $sandbox.Cgroup -MaxEntries 3 -IncludeEstablished -PassThru -WarningAction SilentlyContinue -WarningVariable warnings
        $bypass.State, $bypass.Entries | Should -Be ('Active', 2)
        $warnings | Should -HaveCount 1
        "$warnings" | Should -BeLike '*stays on TCP*the map is full*'
        Invoke-Peer $peer 'echo 20 64'
        Invoke-Peer $second 'echo 20 64'
    }
}

Describe 'Taking connections out' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
        Install-SockmapBypass @there -Cgroup $sandbox.Cgroup -MaxEntries 64
        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 20 64'
    }

    AfterEach {
        Close-Sandbox $sandbox
    }

    It 'by <what> takes both ends, and the rest stays' -ForEach @(
        @{ what = 'one end from the pipeline'; take = { Get-SockmapEntry @there -LocalPort $peer.ServerPort | Remove-SockmapEntry @there -PassThru } }
        @{ what = 'both ends from the pipeline'; take = { Get-SockmapEntry @there -Port $peer.ServerPort | Remove-SockmapEntry @there -PassThru } }
        @{ what = 'port'; take = { Remove-SockmapEntry @there -RemotePort $peer.ServerPort -PassThru } }
        @{ what = 'process'; take = { Remove-SockmapEntry @there -ProcessId $peer.Process.Id -PassThru } }
        @{ what = 'cookie'; take = { Remove-SockmapEntry @there -Cookie (Get-SockmapEntry @there -LocalPort $peer.ClientPort).Cookie -PassThru } }
    ) {
        $staying = Open-Peer $sandbox
        Invoke-Peer $staying 'echo 20 64'
        $removed = & $take
        $removed.LocalPort | Sort-Object | Should -Be ($peer.ServerPort, $peer.ClientPort | Sort-Object)
        $removed.ProcessId | Select-Object -Unique | Should -Be $peer.Process.Id
        (Get-SockmapEntry @there).ProcessId | Select-Object -Unique | Should -Be $staying.Process.Id
        Invoke-Peer $peer 'echo 20 64'
        Invoke-Peer $staying 'echo 20 64'
        (Get-SockmapBypass @there).State | Should -Be 'Active'
    }

    It 'tells what waits unread, leaves it in as it was, and takes it out later' {
        Invoke-Peer $peer 'push 1000'
        Get-SockmapEntry @there | Remove-SockmapEntry @there -Timeout 0.2 -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures | Should -HaveCount 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'EntryNotDrained,SockmapPS.Commands.RemoveSockmapEntryCommand'
        $failures[0].CategoryInfo.Category | Should -Be 'ResourceBusy'
        $failures[0].TargetObject.LocalPort | Should -Be $peer.ServerPort
        "$($failures[0])" | Should -BeLike "*127.0.0.1:$($peer.ClientPort)*127.0.0.1:$($peer.ServerPort)*1000 bytes wait unread*pwsh $($peer.Process.Id)*-Timeout*-Force*"
        (Get-SockmapEntry @there).IsLeaving | Should -Be ($false, $false)
        Invoke-Peer $peer 'pull 1000'
        Remove-SockmapEntry @there -Port $peer.ServerPort
        Get-SockmapEntry @there | Should -BeNullOrEmpty
        Invoke-Peer $peer 'echo 20 64'
    }

    It 'by force drops what is unread, and says how much' {
        Invoke-Peer $peer 'push 1000'
        Remove-SockmapEntry @there -Port $peer.ServerPort -Force -WarningAction SilentlyContinue -WarningVariable warnings
        "$warnings" | Should -BeLike '*1000 bytes*'
        Get-SockmapEntry @there | Should -BeNullOrEmpty
    }

    It 'asks once for a connection' {
        Get-SockmapEntry @there | Remove-SockmapEntry @there -WhatIf
        Get-SockmapEntry @there | Should -HaveCount 2
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript('param($module, $bpf) Import-Module $module; Get-SockmapEntry -BpfFileSystem $bpf | Remove-SockmapEntry -BpfFileSystem $bpf -Verbose').
                AddArgument($ModulePath).AddArgument($sandbox.BpfFileSystem).Invoke()
            $shell.Streams.Verbose.Message -like 'Performing the operation*' | Should -HaveCount 1
        }
        finally {
            $shell.Dispose()
        }
    }

    It 'shows progress, stops at once, and leaves the connection in' {
        Invoke-Peer $peer 'push 1000'
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript('param($module, $bpf) Import-Module $module; Remove-SockmapEntry -BpfFileSystem $bpf -Port 1-65535 -Timeout 600').
                AddArgument($ModulePath).AddArgument($sandbox.BpfFileSystem)
            $run = $shell.BeginInvoke()
            for ($try = 0; $shell.Streams.Progress.Count -eq 0 -and $try -lt 500; $try++) { Start-Sleep -Milliseconds 20 }
            $shell.Streams.Progress[0].Activity | Should -Be "Taking connections out of bypass 'default'"
            $shell.Stop()
            { $shell.EndInvoke($run) } | Should -Throw
        }
        finally {
            $shell.Dispose()
        }
        (Get-SockmapEntry @there).IsLeaving | Should -Be ($false, $false)
        Invoke-Peer $peer 'pull 1000'
        Invoke-Peer $peer 'echo 20 64'
    }

    It '<what> is <id>' -ForEach @(
        @{ what = 'a cookie that is not in'; command = { Remove-SockmapEntry @there -Cookie 1 }; id = 'EntryNotFound'; category = 'ObjectNotFound'; target = 1 }
        @{ what = 'nothing that matches'; command = { Remove-SockmapEntry @there -ProcessId 1 }; id = 'EntryNotFound'; category = 'ObjectNotFound'; target = 'default' }
        @{ what = 'no filter'; command = { Remove-SockmapEntry @there }; id = 'FilterMissing'; category = 'InvalidArgument'; target = $null }
        @{ what = 'no bypass'; command = { Remove-SockmapEntry nobody @there -Port 1 }; id = 'BypassNotFound'; category = 'ObjectNotFound'; target = 'nobody' }
    ) {
        $failure = Get-Failure $command
        $failure.FullyQualifiedErrorId | Should -Be "$id,SockmapPS.Commands.RemoveSockmapEntryCommand"
        $failure.CategoryInfo.Category | Should -Be $category
        $failure.TargetObject | Should -Be $target
        Get-SockmapEntry @there | Should -HaveCount 2
    }
}
