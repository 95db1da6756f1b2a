BeforeAll {
    . "$PSScriptRoot/Common.ps1"
}

Describe 'Arguments' {
    It '<command> -<parameter> <given> is refused, and the error names <value>' -ForEach @(
        @{ command = 'Install-SockmapBypass'; parameter = 'Port'; given = 0; value = "'0'" }
        @{ command = 'Install-SockmapBypass'; parameter = 'Port'; given = 70000; value = "'70000'" }
        @{ command = 'Install-SockmapBypass'; parameter = 'Port'; given = 6379, 'http'; value = "'http'" }
        @{ command = 'Install-SockmapBypass'; parameter = 'Port'; given = '90-80'; value = "'90-80'" }
        @{ command = 'Install-SockmapBypass'; parameter = 'Port'; given = $null; value = '$null' }
        @{ command = 'Install-SockmapBypass'; parameter = 'ExcludePort'; given = '1-2-3'; value = "'1-2-3'" }
        @{ command = 'Install-SockmapBypass'; parameter = 'Address'; given = '10.0.0.0/33'; value = "'10.0.0.0/33'" }
        @{ command = 'Install-SockmapBypass'; parameter = 'ExcludeAddress'; given = '::1', 'localhost'; value = "'localhost'" }
        @{ command = 'Install-SockmapBypass'; parameter = 'Timeout'; given = -1; value = "'-1'" }
        @{ command = 'Remove-SockmapBypass'; parameter = 'Timeout'; given = 'soon'; value = "'soon'" }
        @{ command = 'Get-SockmapEntry'; parameter = 'LocalPort'; given = 65536; value = "'65536'" }
        @{ command = 'Get-SockmapEntry'; parameter = 'RemotePort'; given = 'x'; value = "'x'" }
    ) {
        $arguments = @{ $parameter = $given }
        $failure = Get-Failure { & $command @arguments }
        $failure.FullyQualifiedErrorId | Should -Be "ParameterArgumentTransformationError,SockmapPS.Commands.$($command -replace '-')Command"
        $failure.CategoryInfo.Category | Should -Be 'InvalidData'
        $failure.Exception.Message | Should -BeLike "*$value*"
    }

    It 'an empty -<_> is refused' -ForEach 'Name', 'Cgroup', 'BpfFileSystem' {
        $arguments = @{ $_ = '' }
        (Get-Failure { Install-SockmapBypass @arguments }).FullyQualifiedErrorId |
            Should -Be 'ParameterArgumentValidationError,SockmapPS.Commands.InstallSockmapBypassCommand'
    }

    It 'a family of neither kind is refused' {
        (Get-Failure { Install-SockmapBypass -Family None }).FullyQualifiedErrorId |
            Should -Be 'ParameterArgumentValidationError,SockmapPS.Commands.InstallSockmapBypassCommand'
    }

    It 'an object without a name is never taken for the default bypass' {
        (Get-Failure { [pscustomobject]@{ Bypass = 'x' } | Remove-SockmapBypass -WhatIf }).FullyQualifiedErrorId |
            Should -Be 'InputObjectNotBound,SockmapPS.Commands.RemoveSockmapBypassCommand'
    }

    It 'times are <expected> where <given> is given' -ForEach @(
        @{ given = 5; expected = '00:00:05' }
        @{ given = 0.5; expected = '00:00:00.5' }
        @{ given = '5'; expected = '00:00:05' }
        @{ given = '00:01:00'; expected = '00:01:00' }
        @{ given = [timespan]::FromMinutes(2); expected = '00:02:00' }
        @{ given = 0; expected = '00:00:00' }
    ) {
        [SockmapPS.Parameters.SecondsArgumentAttribute]::new().Transform($ExecutionContext, $given) | Should -Be ([timespan] $expected)
    }

    It 'ports come in any mix of numbers, ranges and lists' {
        $given = 6379, '8000-8100', (443..445), [Sockmap.Filters.PortRange]::new(1, 2)
        "$([SockmapPS.Parameters.PortRangeArgumentAttribute]::new().Transform($ExecutionContext, $given))" |
            Should -Be '6379 8000-8100 443 444 445 1-2'
    }

    It 'networks lose the bits behind the prefix' {
        "$([SockmapPS.Parameters.AddressRangeArgumentAttribute]::new().Transform($ExecutionContext, ('10.1.2.3/8', '::1')))" |
            Should -Be '10.0.0.0/8 ::1/128'
    }
}
