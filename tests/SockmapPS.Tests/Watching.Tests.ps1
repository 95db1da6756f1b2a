BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"

    function Get-Watched {
        # What a watcher sees while a script runs.
        param([hashtable] $Parameter, [scriptblock] $Meanwhile)

        $session = [initialsessionstate]::CreateDefault()
        $session.ImportPSModule($ModulePath)
        $shell = [powershell]::Create($session)
        $null = $shell.AddCommand('Watch-SockmapEvent').AddParameters($Parameter).AddParameter('Verbose')
        $output = [Management.Automation.PSDataCollection[psobject]]::new()
        $noInput = [Management.Automation.PSDataCollection[psobject]]::new()
        $noInput.Complete()
        $running = $shell.BeginInvoke($noInput, $output)
        try {
            for ($try = 0; -not ($shell.Streams.Verbose.ReadAll() -match '^Watching bypass'); $try++) {
                if ($try -ge 400 -or $running.IsCompleted) { throw "It does not watch: $($shell.Streams.Error.ReadAll())" }
                Start-Sleep -Milliseconds 25
            }
            $null = & $Meanwhile $output
        }
        finally {
            $shell.Stop()
            $warnings = $shell.Streams.Warning.ReadAll()
            $shell.Dispose()
        }
        $output
        $warnings
    }

    function Wait-Seen {
        param([Management.Automation.PSDataCollection[psobject]] $Output, [scriptblock] $Condition)

        for ($try = 0; ; $try++) {
            # To enumerate the collection would be to wait for its end.
            $seen = [psobject[]]::new($Output.Count)
            for ($i = 0; $i -lt $seen.Count; $i++) { $seen[$i] = $Output[$i] }
            if ($seen.Where($Condition)) { return }
            if ($try -ge 400) { throw "It was not seen: $Condition" }
            Start-Sleep -Milliseconds 25
        }
    }
}

Describe 'Watch-SockmapEvent' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
        Install-SockmapBypass @there -Cgroup $sandbox.Cgroup -MaxEntries 64
    }

    AfterEach {
        Close-Sandbox $sandbox
    }

    It 'streams what happens to a connection, and stops at once' {
        $state = @{}
        $events = Get-Watched $there {
            param($output)
            $state.Peer = Open-Peer $sandbox
            Invoke-Peer $state.Peer 'echo 5 64'
            Wait-Seen $output { $_.Kind -eq 'Switched' -and $_.LocalPort -eq $state.Peer.ServerPort }
            $state.Peer.Process.Kill()
            Wait-Seen $output { $_.Kind -eq 'Closed' -and $_.LocalPort -eq $state.Peer.ServerPort }
            Wait-Seen $output { $_.Kind -eq 'Closed' -and $_.LocalPort -eq $state.Peer.ClientPort }
        }
        $client = $events.Where({ $_.LocalPort -eq $state.Peer.ClientPort })
        $client[0].Kind, $client[1].Kind, $client[-1].Kind | Should -Be ('Established', 'Joined', 'Closed')
        $client.RemotePort | Select-Object -Unique | Should -Be $state.Peer.ServerPort
        $client.IsClient | Select-Object -Unique | Should -BeTrue
        $client.Cgroup | Select-Object -Unique | Should -Be $sandbox.Cgroup
        $client.Where({ $_.Kind -eq 'Switched' })[0].ProcessId | Should -Be $state.Peer.Process.Id
        $client[-1].RedirectedBytes + $client[-1].TcpBytes | Should -Be (5 * 64)
    }

    It 'emits only what the filters let through' {
        $state = @{}
        $events = Get-Watched ($there + @{ Kind = 'Closed', 'Joined'; ProcessId = $PID; Address = '127.0.0.0/8'; Port = '1-65535' }) {
            param($output)
            $state.Peer = Open-Peer $sandbox
            Invoke-Peer $state.Peer 'echo 5 64'
            [IO.File]::WriteAllText("$($sandbox.Cgroup)/cgroup.procs", "$PID")
            try {
                $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
                $listener.Start()
                $state.Port = $listener.LocalEndpoint.Port
                $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $state.Port)
                Wait-Seen $output { $_.Kind -eq 'Joined' -and $_.RemotePort -eq $state.Port }
                $client.Close()
                $listener.Stop()
                Wait-Seen $output { $_.Kind -eq 'Closed' -and $_.RemotePort -eq $state.Port }
            }
            finally {
                [IO.File]::WriteAllText("$(Get-CgroupRoot)/cgroup.procs", "$PID")
            }
        }
        $events.RemotePort + $events.LocalPort | Should -Not -Contain $state.Peer.ServerPort
        $events.Where({ $_.RemotePort -eq $state.Port }).Kind | Should -Be ('Joined', 'Closed')
        $events.ProcessId | Select-Object -Unique | Should -Be $PID
    }

    It 'ends after its time, and leaves no map behind' {
        Watch-SockmapEvent @there -Timeout 0.3 -Verbose 4>&1 | Select-Object -Last 1 | Should -Be "Bypass 'default' was watched for the time given."
        (Get-BpfMap sockmap_event*).Where({ $PID -in $_.Pids }) | Should -BeNullOrEmpty
    }

    It 'ends when the one behind it in the pipeline has enough' {
        $state = @{}
        $peer = Open-Peer $sandbox
        $job = Start-ThreadJob { Start-Sleep 1; 1..20 | ForEach-Object { ($using:peer).Process.StandardInput.WriteLine("echo 1 8"); ($using:peer).Process.StandardOutput.ReadLine(); Start-Sleep -Milliseconds 50 } }
        $first = Watch-SockmapEvent @there -Timeout 20 | Select-Object -First 1
        $first.Kind | Should -Be 'Switched'
        $null = $job | Wait-Job
        $job | Remove-Job
    }

    It 'says which bypass there is none' {
        $failure = Get-Failure { Watch-SockmapEvent none @there }
        $failure.FullyQualifiedErrorId | Should -Be 'BypassNotFound,SockmapPS.Commands.WatchSockmapEventCommand'
        $failure.TargetObject | Should -Be 'none'
        (Get-Failure { Watch-SockmapEvent @there -BufferSize 5000 }).FullyQualifiedErrorId | Should -BeLike 'InvalidSetting,*'
    }
}

Describe 'Get-SockmapStatistics' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
        Install-SockmapBypass @there -Cgroup $sandbox.Cgroup -MaxEntries 64
        $peer = Open-Peer $sandbox
        Invoke-Peer $peer 'echo 50 64'
    }

    AfterEach {
        Close-Sandbox $sandbox
    }

    It 'counts what was sent, of the whole and of its parts' {
        $whole = Get-SockmapStatistics @there
        $whole.Bypass, $whole.Connections, $whole.Entries | Should -Be ('default', 1, 2)
        $whole.BytesRedirected + $whole.BytesOverTcp | Should -Be (2 * 50 * 64)
        $whole.MessagesRedirected + $whole.MessagesOverTcp | Should -Be 100
        $whole.BytesRedirectedPerSecond | Should -BeNullOrEmpty
        $part = Get-SockmapBypass @there | Get-SockmapStatistics -By CgroupAndPort
        $part.Cgroup, $part.Port | Should -Be ($sandbox.Cgroup, $peer.ServerPort)
        $part.BytesRedirected | Should -Be $whole.BytesRedirected
        (Get-SockmapStatistics d* @there -By Port).Port | Should -Be $peer.ServerPort
        Get-SockmapStatistics x* @there | Should -BeNullOrEmpty
    }

    It 'samples with rates, but for the first' {
        $samples = Get-SockmapStatistics @there -Interval 0.2 -Count 3 | ForEach-Object { $null = Invoke-Peer $peer 'echo 10 100'; $_ }
        $samples | Should -HaveCount 3
        $samples[0].Interval | Should -BeNullOrEmpty
        foreach ($i in 1, 2) {
            $sent = ($samples[$i].BytesRedirectedPerSecond + $samples[$i].BytesOverTcpPerSecond) * $samples[$i].Interval.TotalSeconds
            [Math]::Round($sent, 3) | Should -Be 2000
        }
    }

    It 'ends when there is nothing left to read' {
        $samples = Get-SockmapStatistics @there -Interval 0.1 | ForEach-Object { Remove-SockmapBypass @there; $_ }
        $samples | Should -HaveCount 1
    }

    It 'writes OpenMetrics' {
        $text = Get-SockmapStatistics @there -By Port -AsOpenMetrics
        $text | Should -BeOfType ([string])
        $text | Should -Match '(?m)^sockmap_bypass_active\{bypass="default"\} 1$'
        $text | Should -Match "(?m)^sockmap_messages_total\{bypass=`"default`",port=`"$($peer.ServerPort)`",path=`"redirected`"\} [1-9]\d*$"
        $text | Should -Match "\n# EOF\n$"
    }

    It 'says what cannot be' {
        (Get-Failure { Get-SockmapStatistics none @there }).FullyQualifiedErrorId | Should -Be 'BypassNotFound,SockmapPS.Commands.GetSockmapStatisticsCommand'
        (Get-Failure { Get-SockmapStatistics @there -Interval 0 }).FullyQualifiedErrorId | Should -Be 'InvalidSetting,SockmapPS.Commands.GetSockmapStatisticsCommand'
    }
}
