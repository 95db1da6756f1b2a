using System.CommandLine;

namespace Sockmap.Cli.Options;

/// <summary><c>[NAME]</c>: which bypass.</summary>
internal sealed class NameArgument : Argument<string?>
{
    /// <summary>The argument.</summary>
    public NameArgument(string description)
        : base("NAME")
    {
        Description = description;
        Arity = ArgumentArity.ZeroOrOne;

        // The parser takes a mistyped option for an argument.
        Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', ..] text }])
            {
                result.AddError($"Unrecognized option '{text}'.");
            }
        });
    }
}
