namespace ChunkUpload.Agent;

/// <summary>
/// Standing work of the agent: it runs as long as the agent does, until the user ends it. Unlike an entry of the queue, it is never done.
/// </summary>
internal sealed record Duty
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required long Id { get; init; }

    /// <summary>The kind, which selects the <see cref="IDutyWork"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The absolute path of the local folder.</summary>
    public required string Local { get; init; }

    /// <summary>The address of the service.</summary>
    public required string Url { get; init; }

    /// <summary>The profile that has the key. The agent's files never hold a key.</summary>
    public string? Profile { get; init; }

    /// <summary>The file that has the key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Further settings of the kind.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>
    /// Gets a value that indicates whether the duty can be understood. Files on the disk may be damaged, and requests may be malformed.
    /// </summary>
    public bool IsValid => Version == CurrentVersion && Id > 0 && Kind is { Length: > 0 and <= 32 } && Local is { Length: > 0 }
        && Path.IsPathRooted(Local) && Uri.TryCreate(Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        && Settings is { Count: <= 64 } && Settings.All(one => one is { Key.Length: > 0, Value: not null });

    /// <summary>Returns whether two duties do the same for the same folder, and, if they serve it, in the same project.</summary>
    public bool IsSameAs(Duty other) => Kind == other.Kind && Local == other.Local && Url == other.Url
        && Settings.GetValueOrDefault("project") == other.Settings.GetValueOrDefault("project");

    /// <summary>Returns the work that selects the key, for <see cref="IWorkClients"/>.</summary>
    public QueuedWork ToWork() => new() { IsUp = true, Local = Local, Url = Url, Profile = Profile, KeyFile = KeyFile };
}

/// <summary>Performs duties of one kind.</summary>
internal interface IDutyWork
{
    string Kind { get; }

    /// <summary>Runs until it is cancelled, or throws.</summary>
    /// <param name="duty">The duty.</param>
    /// <param name="report">Receives a sentence on what the duty does now.</param>
    /// <param name="stop">Ends the run; another one may follow.</param>
    /// <exception cref="Client.TransferException">The duty cannot continue now; it is tried again later.</exception>
    Task RunAsync(Duty duty, IProgress<string> report, CancellationToken stop);
}

/// <summary>A duty as users see it.</summary>
internal sealed record DutyView
{
    public required Duty Duty { get; init; }

    /// <summary>running, waiting after a failure, or unknown if this agent does not have the kind.</summary>
    public required string State { get; init; }

    /// <summary>What the duty does now, or why it waits.</summary>
    public string? Text { get; init; }

    /// <summary>The time of the next attempt after a failure.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The last failure.</summary>
    public Fault? Fault { get; init; }
}
