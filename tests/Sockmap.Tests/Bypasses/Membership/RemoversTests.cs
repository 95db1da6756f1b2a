using System.Diagnostics;
using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;

namespace Sockmap.Tests.Bypasses.Membership;

/// <summary>Removals of single connections beside others, and beside connections that come and go meanwhile.</summary>
public sealed class RemoversTests
{
    private static readonly RemoveOptions Patient = new() { Timeout = Timeout.InfiniteTimeSpan };

    [Fact]
    public void TwoRemovalsTakeTurnsSoThatNoneTakesBackWhatTheOtherReliesOn()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Send([1]);
        ulong[] cookies = [.. bypass.Entries.Select(entry => entry.Cookie)];
        using Removal first = new(bypass, cookies);
        first.WaitUntilLeaving();
        BypassManager second = new(new BypassManagerOptions { BpfFileSystem = bypass.BpfFileSystem.Path, LockTimeout = TimeSpan.FromMilliseconds(50) });

        BypassException refused = Assert.Throws<BypassException>(
            () => second.RemoveEntries(BypassSettings.DefaultName, cookies, new RemoveOptions { Timeout = TimeSpan.FromMilliseconds(50) }));

        Assert.Equal(BypassError.BypassLocked, refused.Error);
        Assert.All(bypass.Entries, entry => Assert.True(entry.IsLeaving));
        Assert.Equal([1], LocalConnection.Read(connection.Server, 1));
        Assert.Equal(2, first.End().Removed.Count);
    }

    [Fact]
    public void AConnectionThatTakesOverTheAddressesOfOneThatLeavesStaysIn()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        LocalConnection former = new(listener);
        int port = former.ClientPort;
        former.Client.Send([1]);
        using Removal removal = new(bypass, [.. bypass.Entries.Select(entry => entry.Cookie)]);
        removal.WaitUntilLeaving();

        // A reset leaves no TIME_WAIT behind.
        former.Client.LingerState = new LingerOption(true, 0);
        former.Dispose();
        using LocalConnection next = new(listener, port);
        removal.End();

        Assert.Equal(2, bypass.Entries.Count);
        ulong before = bypass.Status.MessagesRedirected;
        next.Client.Send([2]);
        Assert.Equal([2], LocalConnection.Read(next.Server, 1));
        Assert.Equal(before + 1, bypass.Status.MessagesRedirected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatAKilledRemovalLeftIsSaidAndEndedByTheNextCommand(bool installs)
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Send([1]);
        using (Process remover = RemoverChild.Start(bypass.BpfFileSystem.Path))
        {
            Assert.True(Patience.Until(() => bypass.Entries.Count(entry => entry.IsLeaving) == 2));
            remover.Kill();
            remover.WaitForExit();
        }

        Assert.All(bypass.Entries, entry => Assert.True(entry.IsLeaving));
        Assert.Contains(bypass.Status.Problem, problem => problem.Contains("on their way out", StringComparison.Ordinal));
        if (installs)
        {
            Assert.Equal(InstallOutcome.AlreadyInstalled, bypass.Install().Outcome);
        }
        else
        {
            bypass.Manager.AddConnections(BypassSettings.DefaultName, []);
        }

        Assert.All(bypass.Entries, entry => Assert.False(entry.IsLeaving));
        Assert.Empty(bypass.Status.Problem);
        Assert.Equal([1], LocalConnection.Read(connection.Server, 1));
        ulong before = bypass.Status.MessagesRedirected;
        connection.Client.Send([2]);
        Assert.Equal([2], LocalConnection.Read(connection.Server, 1));
        Assert.Equal(before + 1, bypass.Status.MessagesRedirected);
    }

    /// <summary>A removal that waits for readers, on a thread of its own.</summary>
    private sealed class Removal : IDisposable
    {
        private readonly InstalledBypass _bypass;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task<EntryRemovalResult> _task;

        public Removal(InstalledBypass bypass, ulong[] cookies)
        {
            _bypass = bypass;
            BypassManager manager = new(new BypassManagerOptions { BpfFileSystem = bypass.BpfFileSystem.Path });
            _task = Task.Factory.StartNew(
                () => manager.RemoveEntries(BypassSettings.DefaultName, cookies, Patient, _stop.Token),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }

        public void WaitUntilLeaving() => Assert.True(Patience.Until(() => _bypass.Entries is { Count: > 0 } entries && entries.All(entry => entry.IsLeaving)));

        public EntryRemovalResult End() => _task.GetAwaiter().GetResult();

        public void Dispose()
        {
            _stop.Cancel();
            ((IAsyncResult)_task).AsyncWaitHandle.WaitOne();
            _stop.Dispose();
        }
    }
}
