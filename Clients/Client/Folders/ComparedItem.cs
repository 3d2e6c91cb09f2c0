namespace ChunkUpload.Client;

/// <summary>How a local file, link or folder compares with what the service has at its path.</summary>
public enum ComparedState
{
    /// <summary>The service has the same: for a file by size and SHA-256.</summary>
    Equal,

    /// <summary>The service has nothing there.</summary>
    Missing,

    /// <summary>The service has something else there.</summary>
    Differs,

    /// <summary>The service has a file of this size, but has not computed its SHA-256 yet.</summary>
    Unknown,

    /// <summary>It is of no kind that can be sent, or a link that is to be left out.</summary>
    Skipped,

    /// <summary>It cannot be read, or the service could not have its name.</summary>
    Failed,
}

/// <summary>A local file, link or folder that was compared.</summary>
/// <param name="Path">The path below the folder, with slashes; the name for a single file.</param>
/// <param name="State">The result of the comparison.</param>
/// <param name="Size">The bytes of a file.</param>
/// <param name="Message">The difference, or the reason why the item cannot be compared.</param>
public sealed record ComparedItem(string Path, ComparedState State, long Size = 0, string? Message = null);
