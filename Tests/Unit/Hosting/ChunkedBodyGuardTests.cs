using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using ChunkUpload.Api.Hosting.Transport;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class ChunkedBodyGuardTests
{
    [Theory]
    [InlineData("3\r\nabc\r\n0\r\n\r\nGET /", true, 18, 3)]
    [InlineData("3;a=\"b\"\r\nabc\r\nA\r\n0123456789\r\n", true, 29, 13)]
    [InlineData("7fffffff\r\nabc", true, 13, 3)]
    [InlineData("0000000\r\nanything", false, 9, 0)]
    [InlineData("0\r\n\rx", false, 4, 0)]
    [InlineData("1;a\r\nx\r\n00;b\r\n\r\nanything", true, 24, 1)]
    [InlineData("", true, 0, 0)]
    [InlineData("zz\r\n", false, 0, 0)]
    [InlineData("\r\n", false, 0, 0)]
    [InlineData("-1\r\n", false, 0, 0)]
    [InlineData("3\r\nabc\r\nx", false, 8, 3)]
    [InlineData("3\r\nabcd\r\n", false, 6, 3)]
    [InlineData("3\r\nabc\rx", false, 7, 3)]
    [InlineData("3\nabc", false, 1, 0)]
    [InlineData("3;a\nabc", false, 3, 0)]
    [InlineData("80000000\r\n", false, 7, 0)]
    [InlineData("000000001\r\n", false, 8, 0)]
    public void Finds_where_the_framing_ceases_wherever_the_bytes_are_cut(string text, bool whole, int sound, int bytes)
    {
        var all = Encoding.ASCII.GetBytes(text);
        for (var cut = 0; cut <= all.Length; cut++)
        {
            var framing = new ChunkedBodyParser();
            var first = framing.TryRead(new ReadOnlySequence<byte>(all, 0, cut), out var soundFirst, out var bytesFirst);
            if (!first)
            {
                Assert.Equal((whole, sound, bytes), (false, soundFirst, bytesFirst));
                continue;
            }

            var rest = framing.TryRead(new ReadOnlySequence<byte>(all, cut, all.Length - cut), out var soundRest, out var bytesRest);
            Assert.Equal((whole, sound, bytes), (rest, soundFirst + soundRest, bytesFirst + bytesRest));
        }
    }

    [Theory]
    [InlineData(4096, true)]
    [InlineData(4097, false)]
    public async Task A_chunk_extension_has_an_end(int length, bool accepted)
    {
        var extension = new string('x', length);
        // Each chunk may have one.
        var (_, guard) = Guarded($"3;{extension[..4000]}\r\nabc\r\n2;{extension}\r\nde\r\n");
        if (accepted)
        {
            Assert.Equal(4000 + 9 + length + 8, await ReadAsync(guard));
            return;
        }

        _ = await ReadAsync(guard);
        var next = guard.ReadAsync().AsTask();
        Assert.False(next.IsCompleted);
        guard.ReportTaken(3);
        Assert.Equal(400, (await Assert.ThrowsAsync<BadHttpRequestException>(() => next)).StatusCode);
    }

    [Fact]
    public async Task Keeps_a_fault_back_until_what_came_before_is_taken()
    {
        var (pipe, guard) = Guarded("3\r\nabc\r\n2\r\nde\r\n1");
        Assert.Equal(16, await ReadAsync(guard));
        pipe.Writer.Write("x"u8);
        await pipe.Writer.FlushAsync();
        var next = guard.ReadAsync().AsTask();
        guard.ReportTaken(4);
        Assert.False(next.IsCompleted);
        guard.ReportTaken(5);
        Assert.Equal(1, (await next).Buffer.Length);
    }

    [Fact]
    public async Task Keeps_trailers_back_until_what_came_before_is_taken()
    {
        var (_, guard) = Guarded("3\r\nabc\r\n0\r\nA: b\r\n\r\n");
        Assert.Equal(11, await ReadAsync(guard));
        var next = guard.ReadAsync().AsTask();
        Assert.False(next.IsCompleted);
        guard.ReportTaken(3);
        Assert.Equal(8, (await next).Buffer.Length);
    }

    [Fact]
    public async Task Keeps_the_end_of_the_connection_back_until_what_came_before_is_taken()
    {
        var (pipe, guard) = Guarded("3\r\nabc\r\n2\r\nd");
        await pipe.Writer.CompleteAsync();
        Assert.Equal(12, await ReadAsync(guard));
        var next = guard.ReadAsync().AsTask();
        Assert.False(next.IsCompleted);
        guard.ReportTaken(4);
        Assert.True((await next).IsCompleted);
    }

    [Theory]
    [InlineData("3\r\nabc\r\n2\r\nd", true, true)]
    [InlineData("3\r\nabc\r\n0\r\nA: b", true, true)]
    [InlineData("3\r\nabc\r\nzz\r\n", true, false)]
    [InlineData("3\r\nabc\r\nzz\r\n", false, false)]
    [InlineData("3\r\nabc\r\n0\r\nA: b", false, false)]
    public async Task Tells_a_connection_that_ended_from_a_framing_that_is_broken(string text, bool ended, bool brokeOff)
    {
        var (pipe, guard) = Guarded(text);
        if (ended)
            await pipe.Writer.CompleteAsync();
        _ = await ReadAsync(guard);
        var next = guard.ReadAsync().AsTask();
        guard.ReportTaken(100);
        _ = await next;
        Assert.Equal(brokeOff, guard.EndedInBody);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancelled_read_does_not_wait(bool server)
    {
        var (pipe, guard) = Guarded("3\r\nabc\r\n");
        Assert.Equal(8, await ReadAsync(guard));
        await pipe.Writer.CompleteAsync(new IOException("reset"));
        var next = guard.ReadAsync().AsTask();
        Assert.False(next.IsCompleted);
        if (server)
            guard.CancelPendingRead();
        else
            guard.End();
        await Assert.ThrowsAsync<IOException>(() => next);
    }

    [Fact]
    public async Task Lets_a_whole_body_and_what_follows_it_pass()
    {
        var (pipe, guard) = Guarded("3\r\nabc\r\n0\r\n\r\nGET / zz");
        await pipe.Writer.CompleteAsync();
        var read = await guard.ReadAsync();
        Assert.Equal((21, true), ((int)read.Buffer.Length, read.IsCompleted));
        guard.AdvanceTo(read.Buffer.GetPosition(13));
        read = await guard.ReadAsync();
        Assert.Equal((8, true), ((int)read.Buffer.Length, read.IsCompleted));
    }

    private static (Pipe Pipe, ChunkedBodyGuard Guard) Guarded(string text)
    {
        var pipe = new Pipe();
        var guard = new ChunkedBodyGuard(pipe.Reader);
        guard.Begin();
        pipe.Writer.Write(Encoding.ASCII.GetBytes(text));
        _ = pipe.Writer.FlushAsync().AsTask();
        return (pipe, guard);
    }

    /// <summary>Reads and consumes everything available; returns how much it was.</summary>
    private static async Task<long> ReadAsync(ChunkedBodyGuard guard)
    {
        var read = await guard.ReadAsync();
        Assert.False(read.IsCompleted);
        // The pipe may use its segments again as soon as they are consumed.
        var length = read.Buffer.Length;
        guard.AdvanceTo(read.Buffer.End);
        return length;
    }
}
