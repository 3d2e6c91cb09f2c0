using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Infrastructure.Connectors.Folders;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Sync;

/// <summary>
/// A folder of the machine as a side of a pair: only the version that was seen is replaced, moved or removed, and it is kept.
/// </summary>
public sealed class FolderPairSinkTests : IDisposable
{
    private readonly TempFolder _disk = new();
    private readonly FolderSink _sink;

    public FolderPairSinkTests() => _sink = new FolderSink(
        new FolderTree(
            new LocalFolder("Disk", _disk.Path, CanRead: true, CanWrite: true, ["operator"]), new FolderCalls(Syscalls.Real, null)),
        TimeProvider.System);

    public void Dispose()
    {
        _sink.Dispose();
        _disk.Dispose();
    }

    [Fact]
    public async Task A_file_that_was_changed_after_the_look_is_not_replaced()
    {
        Write("a.txt", 1);
        var seen = await SeenAsync("a.txt");
        var (session, file) = await SendAsync("a.txt", seen, 9);
        Write("a.txt", 1, 7);
        Assert.Equal(FaultKind.Taken, (await _sink.CommitAsync(session, file, default)).Fault?.Kind);
        Assert.Equal([1, 7], Read("a.txt"));
        await _sink.AbortAsync(session, default);

        (session, file) = await SendAsync("a.txt", await SeenAsync("a.txt"), 9);
        Assert.True((await _sink.CommitAsync(session, file, default)).Ok);
        Assert.Equal([9], Read("a.txt"));
        Assert.Equal([[1, 7]], Kept("a.txt"));
    }

    [Fact]
    public async Task A_name_that_was_taken_after_the_look_stays_as_it_is()
    {
        var (session, file) = await SendAsync("new.txt", null, 9);
        Write("new.txt", 3);
        Assert.Equal(FaultKind.Taken, (await _sink.CommitAsync(session, file, default)).Fault?.Kind);
        Assert.Equal([3], Read("new.txt"));
    }

    [Fact]
    public async Task Only_the_version_that_was_seen_is_removed_or_moved()
    {
        Write("a.txt", 1);
        var seen = await SeenAsync("a.txt");
        Write("a.txt", 1, 7);
        Assert.Equal(FaultKind.Taken, (await _sink.RemoveAsync(seen, default))?.Kind);
        Assert.Equal(FaultKind.Taken, (await _sink.MoveAsync(seen, FolderTree.Root, "b.txt", default)).Fault?.Kind);
        Assert.Equal([1, 7], Read("a.txt"));
        Assert.Null(await _sink.RemoveAsync(await SeenAsync("a.txt"), default));
        Assert.Equal([[1, 7]], Kept("a.txt"));
    }

    [Fact]
    public async Task File_whose_folder_was_moved_while_it_was_written_has_not_arrived()
    {
        var folder = (await _sink.MakeFolderAsync(FolderTree.Root, "inner", null, default)).Value!.Id;
        var (session, file) = await SendAsync("a.txt", null, folder, 9);
        var made = (await _sink.CommitAsync(session, file, default)).Value!;
        Assert.Null(await _sink.PlaceFaultAsync(made, file, default));
        Directory.Move(Path.Combine(_disk.Path, "inner"), Path.Combine(_disk.Path, "elsewhere"));
        Assert.Equal(FaultKind.Taken, (await _sink.PlaceFaultAsync(made, file, default))?.Kind);
    }

    [Fact]
    public async Task A_kept_content_is_put_back_and_what_it_replaces_is_kept()
    {
        Write("a.txt", 1);
        var lost = (await SeenAsync("a.txt")).Pin!;
        var (session, file) = await SendAsync("a.txt", await SeenAsync("a.txt"), 9);
        var made = (await _sink.CommitAsync(session, file, default)).Value!;
        Assert.Equal(FaultKind.Gone, (await _sink.RestoreAsync(made, "another version", default)).Fault?.Kind);
        Assert.Equal(FaultKind.Taken, (await _sink.RestoreAsync(made with { Pin = "another version" }, lost, default)).Fault?.Kind);
        Assert.Equal([9], Read("a.txt"));
        var restored = await _sink.RestoreAsync(made, lost, default);
        Assert.Equal(lost, restored.Value?.Pin);
        Assert.Equal([1], Read("a.txt"));
        Assert.Equal([[9]], Kept("a.txt"));
    }

    private Task<(string Session, SinkFile File)> SendAsync(string name, SinkEntry? replaced, params byte[] bytes) =>
        SendAsync(name, replaced, FolderTree.Root, bytes);

    private async Task<(string Session, SinkFile File)> SendAsync(string name, SinkEntry? replaced, string folder, params byte[] bytes)
    {
        var file = new SinkFile(folder, name, bytes.Length, null, replaced?.Id, null, null)
        {
            Key = Guid.NewGuid().ToString("n"),
            Condition = new SinkCondition(replaced?.Pin),
        };
        var begun = await _sink.BeginAsync(file, default);
        Assert.True((await _sink.PutAsync(begun.Value!.Id, file, 0, new BytesPiece(bytes), default)).Ok);
        return (begun.Value!.Id, file);
    }

    private async Task<SinkEntry> SeenAsync(string name) => Assert.Single((await _sink.FindAsync(FolderTree.Root, name, default)).Value!);

    private void Write(string name, params byte[] bytes) => File.WriteAllBytes(Path.Combine(_disk.Path, name), bytes);

    private byte[] Read(string name) => File.ReadAllBytes(Path.Combine(_disk.Path, name));

    private IEnumerable<byte[]> Kept(string name) =>
        Directory.EnumerateFiles(Path.Combine(_disk.Path, FolderTree.Kept), name, SearchOption.AllDirectories).Select(File.ReadAllBytes);

    private sealed class BytesPiece(byte[] bytes) : IPiece
    {
        public int Length => bytes.Length;

        public ValueTask<int> ReadAsync(int offset, Memory<byte> into, CancellationToken cancellationToken) =>
            throw new NotSupportedException("A folder takes the whole piece.");

        public async Task CopyToAsync(Stream into, CancellationToken cancellationToken) => await into.WriteAsync(bytes, cancellationToken);
    }
}
