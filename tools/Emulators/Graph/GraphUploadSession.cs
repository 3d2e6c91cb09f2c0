namespace ChunkUpload.Emulators.Graph;

/// <summary>How an upload session was asked for.</summary>
internal sealed record GraphUploadTarget(GraphItem Parent, string Name, GraphConflict Conflict, GraphFileTimes Times)
{
    public string? IfMatch { get; init; }

    /// <summary>Gets a value that indicates whether the file appears only after a call of its own.</summary>
    public bool DeferCommit { get; init; }
}

/// <summary>A fragment as its Content-Range announces it; <paramref name="Total"/> is the file's length.</summary>
internal readonly record struct GraphFragment(long First, long Last, long Total)
{
    public long Length => Last - First + 1;

    public bool IsLast => Last + 1 == Total;

    /// <summary>Parses "bytes 0-25/128".</summary>
    public static GraphFragment? Parse(string? contentRange)
    {
        if (contentRange is null || !contentRange.StartsWith("bytes ", StringComparison.OrdinalIgnoreCase))
            return null;
        var parts = contentRange["bytes ".Length..].Split('-', '/');
        return parts.Length == 3 && long.TryParse(parts[0], out var first) && long.TryParse(parts[1], out var last)
            && long.TryParse(parts[2], out var total) && first >= 0 && last >= first
            ? new GraphFragment(first, last, total)
            : null;
    }
}

/// <summary>The rules of one upload session; it knows nothing of HTTP and stores no bytes.</summary>
internal sealed class GraphUploadSession(string token, GraphUploadTarget target, DateTimeOffset expires)
{
    /// <summary>All fragments but the last are multiples of this.</summary>
    public const int Multiple = 320 * 1024;

    /// <summary>The longest body of one request.</summary>
    public const int LongestFragment = 60 * 1024 * 1024;

    private bool _hadOddFragment;

    public string Token => token;

    public GraphUploadTarget Target => target;

    public DateTimeOffset Expires { get; private set; } = expires;

    /// <summary>The bytes of whole fragments; a broken one adds nothing.</summary>
    public long Offset { get; private set; }

    public long? Total { get; private set; }

    /// <summary>All bytes are here, and the file is not yet published.</summary>
    public bool IsComplete => Offset == Total;

    /// <summary>Says whether a fragment may be received.</summary>
    /// <param name="strict">Whether an odd length is refused at once, and not with the last fragment.</param>
    public GraphError? Refuse(GraphFragment fragment, long? bodyLength, bool strict)
    {
        if (fragment.Length > LongestFragment)
            return new GraphError(413, "invalidRequest", "The fragment is longer than 60 MiB.", "maxFragmentLengthExceeded");
        if (Total is { } total && fragment.Total != total)
            return GraphError.Invalid("The file's length is another one than with the first fragment.", "fragmentLengthMismatch");
        if (bodyLength is { } length && length != fragment.Length)
            return GraphError.Invalid("The body has another length than Content-Range says.", "fragmentLengthMismatch");
        if (fragment.Last >= fragment.Total)
            return GraphError.Invalid("The fragment ends behind the end of the file.", "invalidRange");
        if (fragment.First > Offset)
            return new GraphError(416, "invalidRange", "The fragment begins behind the next expected byte.", "fragmentOutOfOrder");
        if (fragment.First < Offset)
            return new GraphError(416, "invalidRange", "The fragment was received already, or a part of it.", "fragmentOverlap");
        return IsOdd(fragment) && strict
            ? GraphError.Invalid("The fragment's length is no multiple of 320 KiB.", "fragmentLengthMismatch")
            : null;
    }

    /// <summary>Counts a fragment whose bytes have all been received; an error means that the upload cannot be finished any more.</summary>
    public GraphError? Accept(GraphFragment fragment)
    {
        if (fragment.IsLast && _hadOddFragment)
            return GraphError.Invalid("An earlier fragment's length is no multiple of 320 KiB.", "uploadSessionFailed");
        _hadOddFragment |= IsOdd(fragment);
        Total = fragment.Total;
        Offset = fragment.Last + 1;
        return null;
    }

    /// <summary>Each fragment moves the end of the session's life.</summary>
    public void Extend(DateTimeOffset expires) => Expires = expires;

    public bool HasExpired(DateTimeOffset now) => now >= Expires;

    private static bool IsOdd(GraphFragment fragment) => !fragment.IsLast && fragment.Length % Multiple != 0;
}
