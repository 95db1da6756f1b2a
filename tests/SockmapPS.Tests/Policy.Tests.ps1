BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
}

Describe 'A policy' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
        $here = $there + @{ Cgroup = $sandbox.Cgroup }
    }

    AfterEach {
        Get-SockmapPolicy @there | Remove-SockmapPolicy
        Close-Sandbox $sandbox
    }

    It 'refuses what its rule says, shows it, and goes away without a trace' {
        $peer = Open-Peer $sandbox
        New-SockmapPolicy @here | Should -BeNullOrEmpty -Because 'nobody asked for output'
        Invoke-Peer $peer 'echo 20 64'
        $rule = Add-SockmapPolicyRule @there -Direction Egress -Action Drop -RemotePort $peer.ServerPort -PassThru

        { Invoke-Peer $peer 'push 10' } | Should -Throw '*Permission denied*'

        $rule.Policy, $rule.Position, $rule.Id, $rule.Direction, $rule.Action | Should -Be ('default', 1, 1, 'Egress', 'Drop')
        (Get-SockmapPolicyRule @there).Messages | Should -Be 1
        $policy = Get-SockmapPolicy @there
        $policy.Name, $policy.State, $policy.IsHealthy, $policy.Rules, $policy.Entries, $policy.MessagesDropped |
            Should -Be ('default', 'Active', $true, 1, 2, 1)
        $policy.Cgroup | Should -Be $sandbox.Cgroup
        Remove-SockmapPolicy @there | Should -BeNullOrEmpty
        Get-SockmapPolicy @there | Should -BeNullOrEmpty
        [IO.Directory]::Exists("$($sandbox.BpfFileSystem)/sockmapps_policies/default") | Should -BeFalse
    }

    It 'keeps a direction on TCP that a bypass has' {
        Install-SockmapBypass @here
        New-SockmapPolicy @here
        $peer = Open-Peer $sandbox
        Add-SockmapPolicyRule @there -Direction Egress -Action NoBypass -RemotePort $peer.ServerPort
        Invoke-Peer $peer 'echo 50 64'
        $client = Get-SockmapEntry @there -LocalPort $peer.ClientPort
        $client.RedirectedBytes, $client.TcpBytes | Should -Be (0, (50 * 64))
        (Get-SockmapEntry @there -LocalPort $peer.ServerPort).RedirectedBytes | Should -BeGreaterThan 0
        (Get-SockmapPolicy @there).Bypass | Should -Be 'default'
    }

    It 'takes rules from the pipeline, in order and in one step, from a table and from a file' {
        New-SockmapPolicy one @here
        Add-SockmapPolicyRule one @there -Direction Egress -Action Drop -RemoteAddress 192.0.2.0/24, fd00::/8 -RemotePort 1, 2, 3, '8000-8100'
        Add-SockmapPolicyRule one @there -Direction Ingress -Action Pass -LocalPort 80 -Cgroup $sandbox.Cgroup -Uid 0, 1000
        Add-SockmapPolicyRule one @there -Direction Egress -Action NoBypass -LocalAddress 127.0.0.1 -Position 1
        $rules = Get-SockmapPolicyRule one @there
        $rules.Position | Should -Be (1, 2, 3)
        $rules.Id | Should -Be (3, 1, 2)
        $rules[1].RemoteAddress | Should -Be ('192.0.2.0/24', 'fd00::/8')
        $rules[1].RemotePort | Should -Be ('1-3', '8000-8100')
        $rules[2].Cgroup | Should -Be $sandbox.Cgroup
        $rules[2].Uid | Should -Be (0, 1000)

        $generation = (Get-SockmapPolicy one @there).Generation
        $rules | Add-SockmapPolicyRule
        (Get-SockmapPolicyRule one @there).Action | Should -Be ('NoBypass', 'Drop', 'Pass', 'NoBypass', 'Drop', 'Pass')
        (Get-SockmapPolicy one @there).Generation | Should -Be ($generation + 1)
        Get-SockmapPolicyRule one @there | Where-Object Id -GT 3 | Remove-SockmapPolicyRule
        (Get-SockmapPolicyRule one @there).Id | Should -Be (3, 1, 2)

        Get-SockmapPolicyRule one @there | Export-Clixml "$TestDrive/rules.xml"
        Set-SockmapPolicy one @there -Rule @{ Direction = 'Egress'; Action = 'Drop'; RemotePort = 22 }
        (Get-SockmapPolicyRule one @there).RemotePort | Should -Be 22
        Set-SockmapPolicy one @there -Rule (Import-Clixml "$TestDrive/rules.xml")
        (Get-SockmapPolicyRule one @there).Action | Should -Be ('NoBypass', 'Drop', 'Pass')
        (Get-SockmapPolicyRule one @there)[1].RemotePort | Should -Be ('1-3', '8000-8100')
        Set-SockmapPolicy one @there -Rule @()
        Get-SockmapPolicyRule one @there | Should -BeNullOrEmpty
    }

    It 'is turned off and on, and changes what is done by default' {
        New-SockmapPolicy @here -DefaultEgressAction NoBypass
        $policy = Set-SockmapPolicy @there -Enabled $false -DefaultIngressAction Drop -PassThru
        $policy.State, $policy.DefaultEgressAction, $policy.DefaultIngressAction | Should -Be ('Disabled', 'NoBypass', 'Drop')
        (Set-SockmapPolicy @there -Enabled $true -PassThru).State | Should -Be 'Active'
    }

    It 'changes nothing with -WhatIf' {
        New-SockmapPolicy @here -WhatIf
        Get-SockmapPolicy @there | Should -BeNullOrEmpty
        New-SockmapPolicy @here
        Add-SockmapPolicyRule @there -Direction Egress -Action Drop -WhatIf
        Set-SockmapPolicy @there -Enabled $false -WhatIf
        Remove-SockmapPolicy @there -WhatIf
        $policy = Get-SockmapPolicy @there
        $policy.State, $policy.Rules | Should -Be ('Active', 0)
    }

    It 'says what cannot be: <what>' -ForEach @(
        @{ what = 'a name twice'; command = { New-SockmapPolicy @here }; id = 'PolicyExists'; category = 'ResourceExists'; target = 'default' }
        @{ what = 'the same sockets twice'; command = { New-SockmapPolicy other @there }; id = 'PolicyOverlap'; category = 'ResourceExists'; target = 'other' }
        @{ what = 'no such policy'; command = { Get-SockmapPolicy nobody @there }; id = 'PolicyNotFound'; category = 'ObjectNotFound'; target = 'nobody' }
        @{ what = 'no such policy to change'; command = { Set-SockmapPolicy nobody @there -Enabled $true }; id = 'PolicyNotFound'; category = 'ObjectNotFound'; target = 'nobody' }
        @{ what = 'no such policy to add to'; command = { Add-SockmapPolicyRule nobody @there -Direction Egress -Action Drop }; id = 'PolicyNotFound'; category = 'ObjectNotFound'; target = 'nobody' }
        @{ what = 'no such rule'; command = { Remove-SockmapPolicyRule default 7 @there }; id = 'PolicyRuleNotFound'; category = 'ObjectNotFound'; target = 'default' }
        @{ what = 'no such rule to show'; command = { Get-SockmapPolicyRule @there -Id 7 }; id = 'PolicyRuleNotFound'; category = 'ObjectNotFound'; target = 7 }
        @{ what = 'NoBypass for Ingress'; command = { Add-SockmapPolicyRule @there -Direction Ingress -Action NoBypass }; id = 'InvalidSetting'; category = 'InvalidArgument'; target = 'default' }
    ) {
        New-SockmapPolicy @here
        $failure = Get-Failure $command
        $failure.FullyQualifiedErrorId | Should -BeLike "$id,*"
        $failure.CategoryInfo.Category | Should -Be $category
        $failure.TargetObject | Should -Be $target
    }

    It 'offers names to the Tab key, and lists in 120 columns' {
        New-SockmapPolicy @here
        Add-SockmapPolicyRule @there -Direction Egress -Action Drop -RemoteAddress 192.0.2.0/24 -RemotePort 80
        (Get-Completion "Get-SockmapPolicy -BpfFileSystem $($sandbox.BpfFileSystem) -Name de").CompletionText | Should -Be 'default'
        $table = Get-SockmapPolicy @there | Format-Table | Out-String -Width 120
        $table | Should -Match 'default +Active +ok +1 +Pass +Pass'
        Get-SockmapPolicyRule @there | Format-Table | Out-String -Width 120 | Should -Match 'Egress +Drop +0 .*192\.0\.2\.0/24; port 80'
    }
}
