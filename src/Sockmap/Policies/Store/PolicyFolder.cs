using Sockmap.Bypasses.Store;

namespace Sockmap.Policies.Store;

/// <summary>One policy's folder on bpffs: which pin has which name.</summary>
internal sealed class PolicyFolder(BypassFolder folder)
{
    /// <summary>The name of the folder of all policies, which is built and locked as that of the bypasses is.</summary>
    public const string StoreName = "sockmapps_policies";

    public string Name => folder.Name;

    public string Path => folder.Path;

    public string BpfFileSystem => folder.BpfFileSystem;

    public bool Exists => folder.Exists;

    /// <summary>Where it is built and taken away: this folder or the one beside it.</summary>
    public PolicyFolder Unfinished => new(folder.Unfinished);

    /// <summary>What does not change of it (the data of constants).</summary>
    public string Config => Pin("config");

    /// <summary>Which of its two sets holds.</summary>
    public string Generation => Pin("generation");

    /// <summary>The two sets, as the programs look them up.</summary>
    public string Sets => Pin("sets");

    public string Counters => Pin("counters");

    /// <summary>What was decided of sockets.</summary>
    public string Storage => Pin("storage");

    /// <summary>SOCKHASH of the sockets that are in no bypass.</summary>
    public string Members => Pin("members");

    /// <summary>What became of connections that were established.</summary>
    public string Enrolled => Pin("enrolled");

    /// <summary>Program that judges what members send.</summary>
    public string Judge => Pin("judge");

    /// <summary>Program that judges data that comes.</summary>
    public string Receive => Pin("receive");

    /// <summary>Program that takes in what is established.</summary>
    public string Enroll => Pin("enroll");

    /// <summary>Iterator program: a pass of it takes in what was established before in a network namespace.</summary>
    public string EnrollEstablished => Pin("enroll_established");

    /// <summary>Cookies of the sockets of which a message was refused.</summary>
    public string Refused => Pin("refused");

    /// <summary>Iterator link: opening an iterator on it lists the members in <see cref="Refused"/> that can be taken out.</summary>
    public string ListRefused => Pin("list_refused");

    /// <summary>Link of <see cref="Enroll"/> to the root of the cgroups.</summary>
    public string EnrollLink => Pin("enroll_link");

    /// <summary>Where the next link is pinned while it takes the place of <see cref="EnrollLink"/>.</summary>
    public string NextEnrollLink => Pin("next_enroll_link");

    /// <summary>Link of <see cref="Judge"/> to the members, where the kernel has such links (6.10).</summary>
    public string JudgeLink => Pin("judge_link");

    /// <summary>Link of <see cref="Receive"/> to the cgroup; there where something that comes has to be judged.</summary>
    public string ReceiveLink => Pin("receive_link");

    /// <summary>Pins that every policy has and this one has not. Its set is not among them.</summary>
    public IReadOnlyList<string> MissingPins =>
        [.. new[] { Config, Generation, Sets, Counters, Storage, Members, Enrolled, Refused, ListRefused, Judge, Receive, Enroll, EnrollEstablished, EnrollLink }
            .Where(pin => !Bpf.Pinning.BpfFileSystem.Exists(pin))
            .Select(pin => System.IO.Path.GetFileName(pin))];

    /// <summary>One of the two sets.</summary>
    public string Set(ulong generation) => Pin((generation & 1) == 0 ? "set_even" : "set_odd");

    private string Pin(string pin) => System.IO.Path.Combine(Path, pin);
}
