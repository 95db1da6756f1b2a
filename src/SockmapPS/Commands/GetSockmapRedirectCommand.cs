using System.Management.Automation;
using Sockmap.Redirects;
using SockmapPS.Completion;

namespace SockmapPS.Commands;

/// <summary>Get-SockmapRedirect: the redirects from socket to socket, as the kernel shows them.</summary>
[Cmdlet(VerbsCommon.Get, "SockmapRedirect")]
[OutputType(typeof(SockmapRedirect))]
public sealed class GetSockmapRedirectCommand : RedirectCommand
{
    /// <summary>Names and wildcards; every redirect where none is given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RedirectNameCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        RedirectManager manager = OpenRedirects();
        ForEachRedirect(manager, Name, name => WriteObject(manager.Get(name)));
    }
}
