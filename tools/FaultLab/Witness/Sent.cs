namespace ChunkUpload.FaultLab.Witness;

internal enum Protocol
{
    Session = 1,
    Tus,
    Ietf,
    Put,
    Joined,
}

internal enum Fate
{
    Open = 1,

    /// <summary>The completion was acknowledged.</summary>
    Completed,

    /// <summary>The deletion was requested, without an answer so far.</summary>
    Deleting,

    Deleted,

    /// <summary>The purge will remove it.</summary>
    Doomed,
}

/// <summary>One upload, and everything that the service has acknowledged of it.</summary>
internal sealed class Sent(int number, Protocol protocol, IReadOnlyList<(ulong Seed, long Length)> parts, string path)
{
    private readonly Lock _gate = new();
    private readonly HashSet<(long Offset, long Length)> _chunks = [];
    private long _offset;

    public int Number => number;

    public Protocol Protocol => protocol;

    /// <summary>Its content: one part, or several that were joined.</summary>
    public IReadOnlyList<(ulong Seed, long Length)> Parts => parts;

    public ulong Seed => parts[0].Seed;

    public long Size { get; } = parts.Sum(part => part.Length);

    public int ChunkSize { get; init; }

    public string Path => path;

    public string Id => path.Split('/')[^1];

    /// <summary>A partial of tus, which is never a file.</summary>
    public bool IsPartial { get; init; }

    public Fate Fate { get; set; } = Fate.Open;

    public bool IsStream => Protocol is Protocol.Tus or Protocol.Ietf;

    /// <summary>The offset in the last answer about the stream.</summary>
    public long AckedOffset
    {
        get
        {
            lock (_gate)
                return _offset;
        }
    }

    public void AckOffset(long offset)
    {
        lock (_gate)
            _offset = Math.Max(_offset, offset);
    }

    public void AckChunk(long offset, long length)
    {
        lock (_gate)
            _chunks.Add((offset, length));
    }

    public IReadOnlyList<(long Offset, long Length)> AckedChunks
    {
        get
        {
            lock (_gate)
                return [.. _chunks];
        }
    }

    public override string ToString() => $"upload {Number} ({Protocol}, {Size} bytes, {Path}, {Fate})";
}
