using ChunkUpload.Client;

namespace ChunkUpload.Agent;

internal enum EntryState
{
    /// <summary>It runs, or waits for its turn.</summary>
    Waiting,

    /// <summary>The user has stopped it.</summary>
    Paused,

    /// <summary>It failed for good; the user may try it again.</summary>
    Failed,

    /// <summary>It was cancelled; its unfinished files on both sides are being removed.</summary>
    Cancelling,
}

internal enum Priority
{
    Low = 1,
    Normal,
    High,
}

/// <summary>What is to be moved. Two entries with the same work never run at once.</summary>
internal sealed record QueuedWork
{
    /// <summary>Gets a value that indicates whether it goes up.</summary>
    public required bool IsUp { get; init; }

    /// <summary>The absolute path of the local file or folder; of a download that of a folder into which the file goes, too.</summary>
    public required string Local { get; init; }

    /// <summary>Downloads: where it goes if it is a folder.</summary>
    public string? LocalFolder { get; init; }

    /// <summary>The path at the service, or an id; null means nowhere in the tree.</summary>
    public string? Remote { get; init; }

    /// <summary>The service, or a link.</summary>
    public required string Url { get; init; }

    /// <summary>The profile that has the key. The queue itself never has one.</summary>
    public string? Profile { get; init; }

    /// <summary>The file that has the key.</summary>
    public string? KeyFile { get; init; }

    public string? Space { get; init; }

    /// <summary>Uploads: the file's name there.</summary>
    public string? Name { get; init; }

    public NameConflict Conflict { get; init; }

    public bool IsTus { get; init; }

    /// <summary>Downloads: whether another file is replaced.</summary>
    public bool Overwrite { get; init; }

    public IReadOnlyList<string>? Exclude { get; init; }

    public LinkPolicy Links { get; init; }

    public bool DeleteExtra { get; init; }

    /// <summary>How it is encrypted or decrypted; null means not.</summary>
    public QueuedEncryption? Encryption { get; init; }

    /// <summary>Gets the work without passphrases, recipients and keys of links, so that it can be shown.</summary>
    public QueuedWork WithoutSecrets() => this with
    {
        Url = Url.Split('#')[0],
        Encryption = Encryption is null ? null : new QueuedEncryption(),
    };
}

/// <summary>How work is encrypted or decrypted. It lies in the queue only, in files that only the user can read.</summary>
internal sealed record QueuedEncryption
{
    /// <summary>Uploads: the public keys for which it is encrypted.</summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>Files of secret keys. They are read when it runs, and stay where they are.</summary>
    public IReadOnlyList<string> Identities { get; init; } = [];

    public string? Passphrase { get; init; }

    /// <summary>Uploads: whether names are encrypted, too.</summary>
    public bool HidesNames { get; init; }

    public bool IsValid => Recipients?.Contains(null!) == false && Identities?.Contains(null!) == false;

    /// <summary>Returns a text without the passphrase.</summary>
    public override string ToString() => "encrypted";
}

/// <summary>When and how an entry runs.</summary>
internal sealed record Plan
{
    public Priority Priority { get; init; } = Priority.Normal;

    /// <summary>The earliest time at which the entry runs.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The interval or the times at which the entry repeats; see <see cref="Agent.Every"/>.</summary>
    public string? Every { get; init; }

    /// <summary>The hours of the day in which the entry may run; see <see cref="Hours"/>.</summary>
    public string? Between { get; init; }

    /// <summary>Whether the entry waits while the network is metered.</summary>
    public bool NotMetered { get; init; }

    /// <summary>A bandwidth, or a timetable of them.</summary>
    public string? Bandwidth { get; init; }

    /// <summary>The time after which the entry fails.</summary>
    public DateTimeOffset? Deadline { get; init; }
}

/// <summary>Why an entry failed, or could not continue.</summary>
internal sealed record Fault(string Class, string Message, string? Code = null)
{
    /// <summary>Returns the name of a failure class in JSON.</summary>
    public static string ClassOf(TransferFailure failure) => char.ToLowerInvariant(failure.ToString()[0]) + failure.ToString()[1..];
}

/// <summary>One entry of the queue in its stored form.</summary>
internal sealed record QueueEntry
{
    public const int CurrentVersion = 1;

    // An agent that knows nothing of encryption must not do it in clear.
    public const int EncryptedVersion = 2;

    public int Version { get; init; } = CurrentVersion;

    public required long Id { get; init; }

    /// <summary>Its place among those of its priority; the lowest is first.</summary>
    public required double Rank { get; init; }

    public required QueuedWork Work { get; init; }

    public required Plan Plan { get; init; }

    public EntryState State { get; init; }

    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>Its next time.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>After a failure that can pass: when it is tried again.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>How often it failed in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Its last failure.</summary>
    public Fault? Fault { get; init; }

    /// <summary>Gets a value that indicates whether it can be understood and done.</summary>
    public bool IsValid => Version == VersionOf(Work) && Id > 0 && double.IsFinite(Rank) && Work is { Local.Length: > 0, Url.Length: > 0 }
        && Path.IsPathRooted(Work.Local) && Uri.TryCreate(Work.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        && Enum.IsDefined(Work.Conflict) && Enum.IsDefined(Work.Links) && Work.Exclude?.Contains(null!) != true
        && Work.Encryption?.IsValid != false
        && Plan is not null && Enum.IsDefined(State) && Enum.IsDefined(Plan.Priority) && Faults(Plan) is null;

    public static int VersionOf(QueuedWork? work) => work?.Encryption is null ? CurrentVersion : EncryptedVersion;

    /// <summary>What the name shows.</summary>
    public string Name => Work.IsUp ? Path.GetFileName(Work.Local)
        : Work.Remote is { Length: > 0 } remote ? remote.TrimEnd('/').Split('/')[^1]
        : "shared file";

    /// <returns>The error of a plan, as a sentence.</returns>
    public static string? Faults(Plan plan)
    {
        string? fault = null;
        if (plan.Deadline <= plan.At)
            return "It would be given up before it begins: the deadline comes first.";
        if (plan.Every is { } every && Agent.Every.Parse(every, out fault) is null)
            return fault;
        if (plan.Between is { } between && Hours.Parse(between, out fault) is null)
            return fault;
        return plan.Bandwidth is { } bandwidth && Wire.BandwidthTimetable.Parse(bandwidth, out fault, stops: true) is null ? fault : null;
    }
}

/// <summary>The settings of the whole queue.</summary>
internal sealed record QueueSettings
{
    public const int MostAtOnce = 32;

    public int Version { get; init; } = QueueEntry.CurrentVersion;

    /// <summary>The id of the next entry; none is given twice.</summary>
    public long NextId { get; init; } = 1;

    /// <summary>How many entries run at once.</summary>
    public int AtOnce { get; init; } = 2;

    /// <summary>The bandwidth of all entries together, or a timetable.</summary>
    public string? Bandwidth { get; init; }

    /// <summary>Gets a value that indicates whether the queue is paused.</summary>
    public bool IsPaused { get; init; }
}
