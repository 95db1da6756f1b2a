using System.Globalization;
using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Redirects;
using SockmapPS.Output;

namespace SockmapPS.Errors;

/// <summary>A removal whose time ran out while bytes were unread.</summary>
internal static class DrainTimeoutError
{
    /// <summary>An error record that says where bytes of a redirect wait.</summary>
    public static ErrorRecord Create(RedirectRemovalResult result)
    {
        string message = string.Create(
            CultureInfo.InvariantCulture,
            $"Redirect '{result.Name}' was not removed within {result.Elapsed.TotalSeconds:0.#} s. Left: {string.Join("; ", result.Waiting)}.");
        return new ErrorRecord(new TimeoutException(message), "DrainTimeout", ErrorCategory.OperationTimeout, result.Name)
        {
            ErrorDetails = new ErrorDetails(message)
            {
                RecommendedAction = "Nothing is lost yet. Remove it again when they have read, or use -Force, which drops these bytes.",
            },
        };
    }

    /// <summary>An error record that names the sockets which hold unread bytes.</summary>
    public static ErrorRecord Create(RemovalResult result)
    {
        string message = string.Create(
            CultureInfo.InvariantCulture,
            $"Bypass '{result.Name}' was not removed within {result.Elapsed.TotalSeconds:0.#} s: {RemainingText.Describe(result.Remaining)}");
        return new ErrorRecord(new TimeoutException(message), "DrainTimeout", ErrorCategory.OperationTimeout, result.Name)
        {
            ErrorDetails = new ErrorDetails(message)
            {
                RecommendedAction =
                    "Nothing is redirected any more and no connection is harmed. Remove it again when they have read, "
                    + "or use -Force, which drops these bytes.",
            },
        };
    }
}
