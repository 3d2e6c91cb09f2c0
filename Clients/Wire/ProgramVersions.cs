namespace ChunkUpload.Wire;

/// <summary>
/// The versions of client and service, which they exchange in <see cref="ServiceHeaders.Version"/> with a client's first request. Whoever
/// is newer knows what it still understands of the other, so each end has one rule.
/// </summary>
public static class ProgramVersions
{
    /// <summary>The version of this build.</summary>
    public static Version Own { get; } = typeof(ProgramVersions).Assembly.GetName().Version!;

    /// <summary>The oldest client that this service serves.</summary>
    public static Version OldestClient { get; } = new(1, 0, 0);

    /// <summary>The oldest service that this client can use.</summary>
    public static Version OldestService { get; } = new(1, 0, 0);

    /// <summary>Three numbers.</summary>
    public static string Text(Version version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return version.ToString(3);
    }

    /// <returns>Null if it is no version of three numbers.</returns>
    public static Version? Read(string? text) => Version.TryParse(text, out var version) && version is { Build: >= 0, Revision: < 0 }
        ? version
        : null;
}
