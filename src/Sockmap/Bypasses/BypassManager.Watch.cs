using System.Numerics;
using Sockmap.Bypasses.Store;
using Sockmap.Events;

namespace Sockmap.Bypasses;

/// <content>Events.</content>
public sealed partial class BypassManager
{
    /// <summary>
    /// What happens to the sockets of a bypass from now on, streamed, until the bypass is removed. Where it is replaced
    /// under its name the stream goes on with the new one. Watching begins with the enumeration and ends with its
    /// disposal, which foreach does; while nobody watches, events cost nothing.
    /// </summary>
    /// <exception cref="BypassException">No bypass has this name (BypassNotFound), another version made it
    /// (BypassForeign), four watch it already (TooManyWatchers), the buffer's size cannot be (InvalidSetting), or the
    /// kernel refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IEnumerable<SockmapEvent> Watch(string name, WatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        SettingsRules.CheckName(name);
        options ??= new WatchOptions();
        if (!BitOperations.IsPow2(options.BufferSize) || options.BufferSize < Environment.SystemPageSize)
        {
            throw new BypassException(
                BypassError.InvalidSetting,
                $"An event buffer cannot have {options.BufferSize} bytes: give a power of two from {Environment.SystemPageSize} on, such as 1048576.");
        }

        return Stream();

        IEnumerable<SockmapEvent> Stream()
        {
            KernelError.Guard(() =>
            {
                BypassFolder folder = FindFolder(name) ?? throw NotFound(name);
                RequireOwn(folder);
                return folder;
            });
            using EventStream stream = new(name, () => FindFolder(name), options, _options.LockTimeout, Log);
            using IEnumerator<SockmapEvent> events = stream.Read(cancellationToken).GetEnumerator();
            while (KernelError.Guard(events.MoveNext))
            {
                yield return events.Current;
            }
        }
    }

    /// <exception cref="BypassException">Another version made it.</exception>
    private static void RequireOwn(BypassFolder folder)
    {
        if (BypassReader.ReadSettings(folder) is null && folder.Exists)
        {
            throw new BypassException(
                BypassError.BypassForeign,
                $"Bypass '{folder.Name}' in '{folder.Path}' was not installed by this version of SockmapPS: use the version that did.");
        }
    }
}
