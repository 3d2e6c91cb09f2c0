using System.IO.Pipelines;
using System.Reflection;
using ChunkUpload.Api.Tree.Archives;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Tree;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>Temporary files without a name, and the directory of an archive, which is collected in one.</summary>
public sealed class ScratchFileTests
{
    private const int Kept = 128 << 10;

    [Fact]
    public async Task A_temporary_file_has_no_name_and_keeps_its_bytes_in_order()
    {
        using var folder = new TempFolder();
        using var file = new ScratchFiles(folder.Path, Store(room: true)).Create();
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        await file.AppendAsync(new byte[] { 1, 2, 3 }, default);
        await file.AppendAsync(new byte[] { 4, 5 }, default);
        var read = new byte[10];
        Assert.Equal(4, await file.ReadAsync(read, 1, default));
        Assert.Equal(new byte[] { 2, 3, 4, 5 }, read[..4]);
        Assert.Equal(0, await file.ReadAsync(read, 5, default));
        Assert.Equal(5, file.Length);
    }

    [Fact]
    public async Task A_temporary_file_does_not_take_the_reserve_of_the_store()
    {
        using var folder = new TempFolder();
        using var file = new ScratchFiles(folder.Path, Store(room: false)).Create();
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await file.AppendAsync(new byte[1], default));
        Assert.Equal(StoreError.NoSpace, refused.Error);
        Assert.Equal(0, file.Length);
    }

    [Fact]
    public async Task The_directory_of_an_archive_with_a_million_entries_is_not_kept_in_memory()
    {
        const int count = 1_000_000;
        using var folder = new TempFolder();
        var files = new Seen(new ScratchFiles(folder.Path, Store(room: true)));
        using var directory = new CentralDirectory(files);
        var entry = new Entry
        {
            Id = EntryId.New(),
            Space = EntryId.New(),
            Parent = null,
            Name = "a",
            Kind = EntryKind.Folder,
            Modified = new NanoTime(0),
            Owner = "test",
            Revision = 1,
            CreatedAt = DateTimeOffset.UnixEpoch,
        };
        var path = new string('d', 100) + "/";
        for (var i = 0; i < count; i++)
            await directory.AddAsync(new ZipRecord(entry, path, i), default);
        // 46 bytes of a header, the path, and 9 bytes of a time.
        var length = count * (46L + path.Length + 9);
        Assert.InRange(length - files.File!.Length, 0, Kept);
        Assert.InRange(files.Largest, 1, Kept);

        long sent = 0;
        var pipe = new Pipe();
        var sending = directory.SendAsync(pipe.Writer, count, default).ContinueWith(_ => pipe.Writer.Complete(), TaskScheduler.Default);
        for (ReadResult result; !(result = await pipe.Reader.ReadAsync()).IsCompleted || !result.Buffer.IsEmpty;)
        {
            sent += result.Buffer.Length;
            pipe.Reader.AdvanceTo(result.Buffer.End);
        }

        await sending;
        // The end has the fields of ZIP64.
        Assert.Equal(length + 56 + 20 + 22, sent);
    }

    private static IChunkStore Store(bool room)
    {
        var store = DispatchProxy.Create<IChunkStore, Room>();
        ((Room)(object)store).HasRoom = room;
        return store;
    }

    public class Room : DispatchProxy
    {
        public bool HasRoom { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == nameof(IChunkStore.HasRoomFor) ? HasRoom : throw new NotSupportedException();
    }

    private sealed class Seen(IScratchFiles files) : IScratchFiles, IScratchFile
    {
        public IScratchFile? File { get; private set; }

        public int Largest { get; private set; }

        public long Length => File!.Length;

        public IScratchFile Create()
        {
            File = files.Create();
            return this;
        }

        public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            Largest = Math.Max(Largest, bytes.Length);
            return File!.AppendAsync(bytes, cancellationToken);
        }

        public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken) =>
            File!.ReadAsync(buffer, offset, cancellationToken);

        public void Dispose() => File!.Dispose();
    }
}
