BeforeDiscovery {
    $exported = 'Add-BpfAttachment', 'Add-BpfPin', 'Add-SockmapEntry', 'Add-SockmapPolicyRule', 'Clear-BpfMap',
    'Export-SockmapMeasurement', 'Get-BpfAttachment', 'Get-BpfBtf', 'Get-BpfLink', 'Get-BpfMap', 'Get-BpfMapEntry',
    'Get-BpfPin', 'Get-BpfProgram', 'Get-BpfProgramInstruction', 'Get-SockmapBypass', 'Get-SockmapCandidate',
    'Get-SockmapEntry', 'Get-SockmapPolicy', 'Get-SockmapPolicyRule', 'Get-SockmapProxy', 'Get-SockmapRedirect',
    'Get-SockmapStatistics', 'Import-BpfObject', 'Install-SockmapBypass', 'Lock-BpfMap', 'Measure-SockmapBypass',
    'New-BpfMap', 'New-SockmapPolicy', 'New-SockmapRedirect', 'Receive-SockmapSocket', 'Remove-BpfAttachment',
    'Remove-BpfMapEntry', 'Remove-BpfPin', 'Remove-SockmapBypass', 'Remove-SockmapEntry', 'Remove-SockmapPolicy',
    'Remove-SockmapPolicyRule', 'Remove-SockmapRedirect', 'Send-SockmapSocket', 'Set-BpfMapEntry',
    'Set-SockmapPolicy', 'Start-SockmapProxy', 'Stop-SockmapProxy', 'Test-SockmapBypass', 'Test-SockmapRedirect',
    'Test-SockmapSupport', 'Watch-SockmapEvent'
    $top = (Resolve-Path "$PSScriptRoot/../..").Path
    $scripts = Get-ChildItem $top -Recurse -File -Include *.ps1 |
        Where-Object FullName -NotMatch "^$([regex]::Escape($top))/(.*/)?(bin|obj|out)/" |
        ForEach-Object { [IO.Path]::GetRelativePath($top, $_.FullName) }
    $noAnalyzer = -not (Get-Module -ListAvailable PSScriptAnalyzer)
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    $folder = Split-Path $ModulePath
}

Describe 'The module' {
    It 'has a manifest that is valid' {
        $manifest = Test-ModuleManifest $ModulePath
        $manifest.PowerShellVersion | Should -Be '7.6'
        $manifest.CompatiblePSEditions | Should -Be 'Core'
    }

    It 'has the version of the assemblies' {
        $version = ([xml](Get-Content -Raw "$Top/Directory.Build.props")).SelectSingleNode('//VersionPrefix').InnerText
        (Import-PowerShellDataFile $ModulePath).ModuleVersion | Should -Be $version
        [Reflection.AssemblyName]::GetAssemblyName("$folder/bin/net10.0/SockmapPS.dll").Version.ToString(3) | Should -Be $version
    }

    It 'exports by name what it has, and nothing else' {
        $data = Import-PowerShellDataFile $ModulePath
        $data.CmdletsToExport | Should -Be ('Add-BpfAttachment', 'Add-BpfPin', 'Add-SockmapEntry',
            'Add-SockmapPolicyRule', 'Clear-BpfMap', 'Export-SockmapMeasurement', 'Get-BpfAttachment', 'Get-BpfBtf',
            'Get-BpfLink', 'Get-BpfMap', 'Get-BpfMapEntry', 'Get-BpfPin', 'Get-BpfProgram',
            'Get-BpfProgramInstruction', 'Get-SockmapBypass', 'Get-SockmapCandidate', 'Get-SockmapEntry',
            'Get-SockmapPolicy', 'Get-SockmapPolicyRule', 'Get-SockmapProxy', 'Get-SockmapRedirect',
            'Get-SockmapStatistics', 'Import-BpfObject', 'Install-SockmapBypass', 'Lock-BpfMap',
            'Measure-SockmapBypass', 'New-BpfMap', 'New-SockmapPolicy', 'New-SockmapRedirect',
            'Receive-SockmapSocket', 'Remove-BpfAttachment', 'Remove-BpfMapEntry', 'Remove-BpfPin',
            'Remove-SockmapBypass', 'Remove-SockmapEntry', 'Remove-SockmapPolicy', 'Remove-SockmapPolicyRule',
            'Remove-SockmapRedirect', 'Send-SockmapSocket', 'Set-BpfMapEntry', 'Set-SockmapPolicy',
            'Start-SockmapProxy', 'Stop-SockmapProxy', 'Test-SockmapBypass', 'Test-SockmapRedirect',
            'Test-SockmapSupport', 'Watch-SockmapEvent')
        $data.FunctionsToExport + $data.AliasesToExport + $data.VariablesToExport | Should -BeNullOrEmpty
        $cmdlets = [Reflection.Assembly]::LoadFrom("$folder/bin/net10.0/SockmapPS.dll").GetExportedTypes().ForEach({
                $_.GetCustomAttributes([Management.Automation.CmdletAttribute], $false).ForEach({ "$($_.VerbName)-$($_.NounName)" }) })
        $cmdlets | Sort-Object | Should -Be $data.CmdletsToExport
    }

    It 'exports <_>, a cmdlet with an approved verb' -ForEach $exported {
        $command = Get-Command $_ -Module SockmapPS
        $command.CommandType | Should -Be 'Cmdlet'
        $command.Verb | Should -BeIn (Get-Verb).Verb
        $command.Noun | Should -Match '^(Sockmap|Bpf)[A-Z][A-Za-z]+$'
    }

    It 'asks before <_> changes anything' -ForEach 'Add-BpfAttachment', 'Add-BpfPin', 'Add-SockmapEntry', 'Add-SockmapPolicyRule', 'Clear-BpfMap', 'Export-SockmapMeasurement', 'Import-BpfObject', 'Install-SockmapBypass', 'Lock-BpfMap', 'New-BpfMap', 'New-SockmapPolicy', 'New-SockmapRedirect', 'Remove-BpfAttachment', 'Remove-BpfMapEntry', 'Remove-BpfPin', 'Remove-SockmapBypass', 'Remove-SockmapEntry', 'Remove-SockmapPolicy', 'Remove-SockmapPolicyRule', 'Remove-SockmapRedirect', 'Set-BpfMapEntry', 'Set-SockmapPolicy', 'Start-SockmapProxy', 'Stop-SockmapProxy' {
        (Get-Command $_).Parameters.Keys | Should -Contain 'WhatIf'
        (Get-Command $_).Parameters.Keys | Should -Contain 'Confirm'
    }

    It 'carries its own assemblies, and none of PowerShell' {
        (Get-ChildItem "$folder/bin/net10.0/*.dll").Name | Should -Be ('Sockmap.Bpf.dll', 'Sockmap.dll', 'SockmapPS.dll')
    }
}

Describe 'Scripts' {
    It '<_> is clean by PSScriptAnalyzer' -ForEach $scripts -Skip:$noAnalyzer {
        # The rule knows nothing of the scopes of Pester, and takes what BeforeAll sets for unused.
        $rules = $_ -like '*.Tests.ps1' ? @{ ExcludeRule = 'PSUseDeclaredVarsMoreThanAssignments' } : @{}
        Invoke-ScriptAnalyzer "$Top/$_" -Severity Error, Warning, Information @rules |
            ForEach-Object { "$($_.Line): $($_.RuleName): $($_.Message)" } | Should -BeNullOrEmpty
    }

    It 'the manifest is clean by PSScriptAnalyzer' -Skip:$noAnalyzer {
        Invoke-ScriptAnalyzer $ModulePath -Severity Error, Warning, Information |
            ForEach-Object { "$($_.Line): $($_.RuleName): $($_.Message)" } | Should -BeNullOrEmpty
    }
}
