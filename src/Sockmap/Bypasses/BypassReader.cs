using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Store;
using Sockmap.Cgroups;
using Sockmap.Filters;

namespace Sockmap.Bypasses;

/// <summary>Reads a bypass back from its pins: nothing that it says is remembered anywhere else.</summary>
internal static class BypassReader
{
    /// <summary>The settings that a folder was installed with; null where it is not one of this version's.</summary>
    public static InstalledSettings? ReadSettings(BypassFolder folder)
    {
        using BpfMap? configMap = BypassFolder.TryOpenMap(folder.Config);
        using BpfMap? sockHash = BypassFolder.TryOpenMap(folder.SockHash);
        using BpfMap? included = BypassFolder.TryOpenMap(folder.IncludedAddresses);
        using BpfMap? excluded = BypassFolder.TryOpenMap(folder.ExcludedAddresses);
        if (configMap is null || configMap.ValueSize != BypassObject.ConfigurationSize)
        {
            return null;
        }

        byte[] value = new byte[configMap.ValueSize];
        if (!configMap.TryLookup(new byte[sizeof(uint)], value))
        {
            return null;
        }

        BypassConfig config = MemoryMarshal.Read<BypassConfig>(value.AsSpan(BypassObject.ConfigOffset));
        if (config.Layout != BypassConfig.CurrentLayout)
        {
            return null;
        }

        bool Has(BypassOptions option) => config.Options.HasFlag(option);
        BypassSettings settings = new()
        {
            Name = folder.Name,
            Cgroup = CgroupHierarchy.FindPath(config.CgroupId),
            Family = (Has(BypassOptions.IPv4) ? AddressFamilies.IPv4 : AddressFamilies.None) | (Has(BypassOptions.IPv6) ? AddressFamilies.IPv6 : AddressFamilies.None),
            Ports = PortBitmap.Read(value.AsSpan(BypassObject.IncludedPortsOffset, PortBitmap.Length)),
            ExcludedPorts = PortBitmap.Read(value.AsSpan(BypassObject.ExcludedPortsOffset, PortBitmap.Length)),
            Addresses = ReadAddresses(included),
            ExcludedAddresses = ReadAddresses(excluded),
            MaxEntries = (int)(sockHash?.MaxEntries ?? 0),
            CrossNamespace = Has(BypassOptions.CrossNamespace),
            KeepSockets = Has(BypassOptions.KeepSockets),
            ThroughNat = Has(BypassOptions.ThroughNat),
            QueueLimit = config.QueueLimit,
            Variant = (BypassVariant)config.Variant,
        };
        return new InstalledSettings(
            settings,
            config.CgroupId,
            DateTime.UnixEpoch.AddTicks((long)(config.InstalledAt / 100)).ToLocalTime(),
            config.WokenWakeFunction != 0);
    }

    /// <summary>The whole of a bypass as the kernel shows it now.</summary>
    public static BypassStatus Read(BypassFolder folder)
    {
        if (ReadSettings(folder) is not { } installed)
        {
            return Foreign(folder);
        }

        using BpfMap? sockHash = BypassFolder.TryOpenMap(folder.SockHash);
        using BpfMap? countersMap = BypassFolder.TryOpenMap(folder.Counters);
        using BpfMap? slot = BypassFolder.TryOpenMap(folder.Slot);
        using BpfLink? list = BypassFolder.TryOpenLink(folder.List);
        using BpfLink? cgroupLink = BypassFolder.TryOpenLink(folder.CgroupLink);
        using BpfProgram? root = BypassFolder.TryOpenProgram(folder.Root);
        using BpfMap? groupsMap = BypassFolder.TryOpenMap(folder.Groups);
        CounterTable counters = countersMap is null || groupsMap is null ? CounterTable.Empty : CounterTable.Read(countersMap, groupsMap);
        LinkInfo? cgroup = cgroupLink?.GetInfo();
        bool isAttached = cgroup is { CgroupId: not null and not 0 };
        using BpfProgram? leave = BypassFolder.TryOpenProgram(folder.Leave);
        bool isRedirecting = slot is not null && new BypassSlots(slot).IsRedirecting(leave?.GetInfo().Id);
        using BpfLink? sockmapLink = BypassFolder.TryOpenLink(folder.SockmapLink);
        bool? isRootAttached = sockHash is null || root is null ? null : IsRootAttached(sockHash, root, sockmapLink);
        IReadOnlyList<string> missingPins = folder.MissingPins;
        BypassState state = (isAttached, isRedirecting) switch
        {
            (false, false) => BypassState.Draining,
            (false, true) => BypassState.Incomplete,
            _ when isRootAttached == false || missingPins.Count > 0 => BypassState.Incomplete,
            (true, true) => BypassState.Active,
            (true, false) => BypassState.Paused,
        };
        int entries = 0, leaving = 0;
        foreach (EntryRow row in list is null ? [] : EntryReader.ReadRows(list))
        {
            entries++;
            leaving += row.Leaving == EntryLeaving.Not ? 0 : 1;
        }

        List<string> problems = [];
        if (missingPins.Count > 0)
        {
            problems.Add($"Its pins {string.Join(", ", missingPins)} are missing, so that what they hold is not known: install again, or remove it.");
        }

        if (!isAttached || !isRedirecting)
        {
            problems.Add(ProblemOf(isAttached, isRedirecting, installed.Settings.Cgroup is null));
        }

        if (leaving > 0)
        {
            problems.Add($"{leaving} sockets are on their way out to TCP: a Remove-SockmapEntry is at work, or was killed; in that case install again, and they stay in.");
        }

        if (isRootAttached == false)
        {
            problems.Add("The sk_msg program is no longer attached to the SOCKHASH, so that new sockets are not redirected: install again.");
        }

        if (counters[BypassCounter.SocketsMapFull] is > 0 and var full)
        {
            problems.Add($"{full} sockets found the map full and stayed on TCP: install again with more than {installed.Settings.MaxEntries} MaxEntries and Force.");
        }

        if (counters[BypassCounter.SocketsBusy] is > 0 and var busy)
        {
            problems.Add($"{busy} sockets were in another sockmap with an sk_msg program and stayed on TCP.");
        }

        if (!installed.KnowsReaders)
        {
            problems.Add("The kernel hid its symbols at the install, so that sockets polled by epoll stay on TCP: install again with Force, with CAP_SYSLOG and sysctl kernel.kptr_restrict=1 or 0.");
        }

        return new BypassStatus
        {
            Name = folder.Name,
            State = state,
            Problem = problems,
            Cgroup = installed.Settings.Cgroup,
            CgroupId = installed.CgroupId,
            Family = installed.Settings.Family,
            Port = [.. installed.Settings.Ports.Select(range => range.ToString())],
            ExcludePort = [.. installed.Settings.ExcludedPorts.Select(range => range.ToString())],
            Address = [.. installed.Settings.Addresses.Select(network => network.ToString())],
            ExcludeAddress = [.. installed.Settings.ExcludedAddresses.Select(network => network.ToString())],
            CrossNamespace = installed.Settings.CrossNamespace,
            KeepSockets = installed.Settings.KeepSockets,
            ThroughNat = installed.Settings.ThroughNat,
            Variant = installed.Settings.Variant ?? default,
            QueueLimit = installed.Settings.QueueLimit,
            Entries = entries,
            MaxEntries = installed.Settings.MaxEntries,
            InstalledAt = installed.InstalledAt,
            Path = folder.Path,
            BpfFileSystem = folder.BpfFileSystem,
            Attachment = DescribeAttachments(folder, installed.Settings.Cgroup, cgroup, root, sockmapLink, isRootAttached),
            SocketsInserted = counters[BypassCounter.SocketsConnected] + counters[BypassCounter.SocketsAccepted] + counters[BypassCounter.SocketsAdded],
            SocketsFiltered = counters[BypassCounter.SocketsFiltered],
            SocketsRemote = counters[BypassCounter.SocketsRemote],
            SocketsMapFull = counters[BypassCounter.SocketsMapFull],
            SocketsRefused = counters[BypassCounter.SocketsKeyTaken] + counters[BypassCounter.SocketsBusy] + counters[BypassCounter.SocketsRefused],
            MessagesRedirected = counters[BypassCounter.MessagesRedirected],
            BytesRedirected = counters[BypassCounter.BytesRedirected],
            MessagesOverTcp = counters[BypassCounter.MessagesOverTcp],
            BytesOverTcp = counters[BypassCounter.BytesOverTcp],
            MessagesSpilled = counters[BypassCounter.TcpSpilled],
            DirectionsSwitched = counters[BypassCounter.DirectionsSwitched],
            MessagesRefused = counters[BypassCounter.MessagesRefused],
        };
    }

    private static string ProblemOf(bool isAttached, bool isRedirecting, bool isCgroupGone) => (isAttached, isRedirecting) switch
    {
        (true, _) => "The slot is empty: every message goes over TCP. Install again to go on.",
        (_, false) => "A removal has not ended, sockets with unread bytes are still in the map: remove again.",
        _ when isCgroupGone => "Its cgroup is gone: remove it.",
        _ => "It is not attached to its cgroup: install again, or remove it.",
    };

    private static IReadOnlyList<System.Net.IPNetwork> ReadAddresses(BpfMap? trie) =>
        AddressRange.Normalize((trie?.EnumerateKeys() ?? []).Select(key => AddressKey.Read(key)));

    private static bool? IsRootAttached(BpfMap sockHash, BpfProgram root, BpfLink? link)
    {
        try
        {
            return ProgramAttachment.Query(sockHash.Handle, BpfAttachType.SkMsgVerdict).Contains(root.GetInfo().Id);
        }
        catch (BpfException e) when (e.Errno is Errno.EINVAL or Errno.EPERM)
        {
            // Kernels before 5.18 cannot be asked what is attached to a sockmap, nor others without CAP_NET_ADMIN.
            return link is null ? null : link.GetInfo().MapId is > 0;
        }
    }

    private static List<string> DescribeAttachments(BypassFolder folder, string? cgroupPath, LinkInfo? cgroup, BpfProgram? root, BpfLink? link, bool? isRootAttached)
    {
        List<string> attachments = [];
        if (cgroup is { CgroupId: not null and not 0 })
        {
            attachments.Add($"sock_ops take_in (id {cgroup.ProgramId}) to cgroup {cgroupPath ?? $"with id {cgroup.CgroupId}"} by link {cgroup.Id}");
        }

        if (isRootAttached != false && root is not null)
        {
            string by = link is null ? "by attach" : $"by link {link.GetInfo().Id}";
            attachments.Add($"sk_msg root (id {root.GetInfo().Id}) to sockhash {folder.SockHash} {by}");
        }

        return attachments;
    }

    private static BypassStatus Foreign(BypassFolder folder) => new()
    {
        Name = folder.Name,
        State = BypassState.Foreign,
        Path = folder.Path,
        BpfFileSystem = folder.BpfFileSystem,
        Problem = ["It has no pin 'config' as this version of SockmapPS makes it: remove it with the version that installed it, or with Force."],
    };
}
