using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>Downloads of uncached files by the engine alone.</summary>
public sealed class PastCacheDownloadTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Part = 300_000, Size = 12 * Part;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Extents_merged_or_not_are_the_same_bytes(bool merged)
    {
        var session = await UploadAsync();
        if (merged)
            await session.MergeAsync();
        session.Rig.Calls.Seen.Clear();

        foreach (var (offset, end) in new[] { (0, Size), (5, Size - 7), (Part - 1, (7 * Part) + 1), (Size - 200_001, Size) })
            Assert.True((await session.ReadAsync(ByteRange.Between(offset, end))).AsSpan()
                .SequenceEqual(session.Content.AsSpan(offset, end - offset)));
        Assert.NotEqual(0, session.Rig.Calls.Count(nameof(ISyscalls.Pread)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_001)]
    [InlineData(int.MaxValue)]
    public async Task A_client_that_takes_little_at_once_keeps_little_in_memory(int atOnce)
    {
        var session = await UploadAsync();
        await session.MergeAsync();
        var upload = await session.UploadAsync();
        // Every flush waits for the reader.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var target = new Target(atOnce);
        var copying = Task.Run(async () =>
        {
            var failure = await session.Rig.Contents.CopyAsync(
                Caller.Operator, upload, new ByteRange(0, Size), pipe.Writer, target, CancellationToken.None);
            await pipe.Writer.CompleteAsync();
            return failure;
        });
        long most = 0;
        while (await pipe.Reader.ReadAsync() is { Buffer.IsEmpty: false } read)
        {
            most = Math.Max(most, read.Buffer.Length);
            foreach (var memory in read.Buffer)
                target.Received.Write(memory.Span);
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        Assert.Null(await copying);
        Assert.True(target.Received.ToArray().AsSpan().SequenceEqual(session.Content));
        Assert.InRange(most, 1, 64 << 10);
    }

    private async Task<TestSession> UploadAsync()
    {
        var session = await TestSession.CreateAsync(await StartAsync(), Size);
        for (var offset = 0; offset < Size; offset += Part)
            _ = await session.MustPutAsync(offset, Part);
        TestSession.Expect(await session.CompleteAsync());
        session.Rig.Calls.Answer = call => call.Name == nameof(ISyscalls.CachedPages) ? 0 : null;
        return session;
    }

    private sealed class Target(int atOnce) : IFileTarget
    {
        public MemoryStream Received { get; } = new();

        public int Room => 1 << 20;

        public StoreException? Failure => null;

        public bool Take(PipeWriter pipe, IStoredFileReader file, long offset, int count) => false;

        public int Send(PipeWriter pipe, ReadOnlySpan<byte> bytes)
        {
            bytes = bytes[..Math.Min(atOnce, bytes.Length)];
            Received.Write(bytes);
            return bytes.Length;
        }
    }
}
