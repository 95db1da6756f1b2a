@{
    RootModule           = 'bin/net10.0/SockmapPS.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '5b0a9f0e-6a1f-4a43-9f0e-1d7f3c1f8c52'
    Author               = 'SockmapPS contributors'
    CompanyName          = 'SockmapPS contributors'
    Copyright            = '(c) SockmapPS contributors. MIT license; the BPF objects are MIT or GPL.'
    Description          = 'Lets local TCP connections of a cgroup skip the network stack: installs, shows and removes a bypass of eBPF sockmap programs on Linux, without a byte lost.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('SockmapPS.Format.ps1xml', 'Bpf.Format.ps1xml', 'BpfMaps.Format.ps1xml', 'BpfObject.Format.ps1xml', 'SockmapEvents.Format.ps1xml',
        'SockmapPolicy.Format.ps1xml', 'SockmapProxies.Format.ps1xml', 'SockmapRedirects.Format.ps1xml')
    FunctionsToExport    = @()
    CmdletsToExport      = @(
        'Add-BpfAttachment'
        'Add-BpfPin'
        'Add-SockmapEntry'
        'Add-SockmapPolicyRule'
        'Clear-BpfMap'
        'Export-SockmapMeasurement'
        'Get-BpfAttachment'
        'Get-BpfBtf'
        'Get-BpfLink'
        'Get-BpfMap'
        'Get-BpfMapEntry'
        'Get-BpfPin'
        'Get-BpfProgram'
        'Get-BpfProgramInstruction'
        'Get-SockmapBypass'
        'Get-SockmapCandidate'
        'Get-SockmapEntry'
        'Get-SockmapPolicy'
        'Get-SockmapPolicyRule'
        'Get-SockmapProxy'
        'Get-SockmapRedirect'
        'Get-SockmapStatistics'
        'Import-BpfObject'
        'Install-SockmapBypass'
        'Lock-BpfMap'
        'Measure-SockmapBypass'
        'New-BpfMap'
        'New-SockmapPolicy'
        'New-SockmapRedirect'
        'Receive-SockmapSocket'
        'Remove-BpfAttachment'
        'Remove-BpfMapEntry'
        'Remove-BpfPin'
        'Remove-SockmapBypass'
        'Remove-SockmapEntry'
        'Remove-SockmapPolicy'
        'Remove-SockmapPolicyRule'
        'Remove-SockmapRedirect'
        'Send-SockmapSocket'
        'Set-BpfMapEntry'
        'Set-SockmapPolicy'
        'Start-SockmapProxy'
        'Stop-SockmapProxy'
        'Test-SockmapBypass'
        'Test-SockmapRedirect'
        'Test-SockmapSupport'
        'Watch-SockmapEvent'
    )
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('Linux', 'PSEdition_Core', 'eBPF', 'BPF', 'sockmap', 'TCP', 'cgroup', 'network', 'performance')
        }
    }
}
