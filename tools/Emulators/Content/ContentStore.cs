using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.Content;

/// <summary>
/// The folder in which an emulator keeps what was uploaded. Metadata is in memory, so nothing in it outlives the process.
/// </summary>
internal sealed class ContentStore : IDisposable
{
    private readonly string _folder;
    private readonly bool _isOurs;

    public ContentStore(string? dataFolder)
    {
        _isOurs = dataFolder is null;
        _folder = dataFolder is null
            ? Directory.CreateTempSubdirectory("emulator-").FullName
            : Directory.CreateDirectory(Path.Combine(dataFolder, "content")).FullName;
        // What an earlier process has left is of no use without its metadata.
        Reset();
    }

    /// <summary>Starts a content; with <paramref name="discard"/> its bytes are hashed and thrown away.</summary>
    public ContentWriter Create(bool discard) =>
        discard ? new ContentWriter(null) : new ContentWriter(NewPath());

    /// <summary>A name for a new file, for storages that write at offsets.</summary>
    public string NewPath() => Path.Combine(_folder, Ids.Random(24) + ".content");

    public async Task<StoredContent> AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await using var writer = Create(discard: false);
        await writer.AppendAsync(bytes, cancellationToken);
        return writer.Finish();
    }

    /// <summary>Generated content: <c>mix</c> is fast, <c>digest</c> is the data of the published hash vectors.</summary>
    public static async Task<StoredContent> GenerateAsync(string kind, ulong seed, long length, CancellationToken cancellationToken)
    {
        ByteGenerator generator = kind switch
        {
            "mix" => new MixGenerator(seed),
            "digest" => new DigestGenerator(),
            _ => throw new ControlException($"There is no generator '{kind}'. There are: mix, digest."),
        };
        var hashes = await Task.Run(() => ContentHasher.Of(generator, length, cancellationToken), cancellationToken);
        return new GeneratedContent(generator, length) { Hashes = hashes };
    }

    public void Reset()
    {
        foreach (var file in Directory.EnumerateFiles(_folder, "*.content"))
            File.Delete(file);
    }

    public void Dispose()
    {
        if (_isOurs)
            Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>A content that is being received.</summary>
internal sealed class ContentWriter(string? path) : IAsyncDisposable
{
    private readonly ContentHasher _hasher = new();
    private readonly FileStream? _file = path is null ? null : new FileStream(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,
        Options = FileOptions.Asynchronous,
        BufferSize = 0,
    });

    private bool _finished;

    public long Length { get; private set; }

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_file is not null)
            await _file.WriteAsync(bytes, cancellationToken);
        _hasher.Append(bytes.Span);
        Length += bytes.Length;
    }

    public StoredContent Finish()
    {
        _finished = true;
        _file?.Dispose();
        var hashes = _hasher.Finish();
        return path is null
            ? new DiscardedContent(Length) { Hashes = hashes }
            : new FileContent(path, Length) { Hashes = hashes };
    }

    /// <summary>Removes unfinished files.</summary>
    public async ValueTask DisposeAsync()
    {
        _hasher.Dispose();
        if (_file is not null)
            await _file.DisposeAsync();
        if (!_finished && path is not null)
            File.Delete(path);
    }
}
