using System.IO.Pipelines;
using System.Net;
using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connectors;
using ChunkUpload.Infrastructure.Connectors.S3;
using ChunkUpload.Infrastructure.Outbound;
using ChunkUpload.Infrastructure.Outbound.S3;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>A storage that answers with more than was asked for takes no more memory than any other.</summary>
public sealed class AnswerLimitTests
{
    private const string Head = "<?xml version=\"1.0\"?><ListBucketResult><Name>box</Name>";
    private const string Key = "<Contents><Key>k</Key><Size>1</Size><ETag>\"e\"</ETag></Contents>";

    [Fact]
    public async Task An_answer_without_an_end_is_read_up_to_the_limit()
    {
        var body = new Endless();
        using var answer = new HttpResponseMessage { Content = new StreamContent(body) };
        await Assert.ThrowsAsync<AnswerTooLongException>(() => ConnectorHttp.ReadAsync(answer, default));
        Assert.InRange(body.Taken, AnswerLimits.MostBytes, AnswerLimits.MostBytes + (64 << 10));
        Assert.Equal(FaultKind.Refused, NetworkFaults.Of(new AnswerTooLongException())?.Kind);
    }

    [Fact]
    public async Task An_announced_answer_that_is_too_long_is_not_read()
    {
        var body = new Endless();
        using var answer = new HttpResponseMessage { Content = new StreamContent(body) };
        answer.Content.Headers.ContentLength = AnswerLimits.MostBytes + 1;
        await Assert.ThrowsAsync<AnswerTooLongException>(() => ConnectorHttp.ReadAsync(answer, default));
        Assert.Equal(0, body.Taken);
    }

    [Theory]
    [InlineData(AnswerLimits.MostTokens / 2, true)]
    [InlineData(AnswerLimits.MostTokens, false)]
    public void JSON_of_too_many_elements_is_not_parsed(int count, bool read)
    {
        using var answer = new HttpResponseMessage();
        var body = Encoding.UTF8.GetBytes($"{{\"a\":[{string.Join(',', Enumerable.Repeat("1", count))}]}}");
        Assert.Equal(read, new ShortAnswer(HttpStatusCode.OK, answer.Headers, body).Json() is not null);
    }

    [Theory]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public async Task A_bucket_that_lists_more_than_was_asked_for_is_refused(int keys, bool listed)
    {
        var page = await ListAsync(async (body, aborted) => await body.WriteAsync(
            Encoding.UTF8.GetBytes($"{Head}{string.Concat(Enumerable.Repeat(Key, keys))}</ListBucketResult>"), aborted));
        Assert.Equal(listed ? keys : null, page.Value?.Items.Count);
        Assert.Equal(listed ? null : FaultKind.Refused, page.Fault?.Kind);
    }

    [Theory]
    [InlineData(200, "<Contents><Key>", "k")]
    [InlineData(200, "", "<a></a>")]
    [InlineData(400, "<Error><Code>", "x")]
    public async Task An_answer_of_a_bucket_without_an_end_is_refused(int status, string begin, string rest)
    {
        var block = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(rest, (64 << 10) / rest.Length)));
        var page = await ListAsync(
            async (body, aborted) =>
            {
                await body.WriteAsync(Encoding.UTF8.GetBytes((status == 200 ? Head : "") + begin), aborted);
                // Until the reader has had enough.
                while (!aborted.IsCancellationRequested)
                    await body.WriteAsync(block, aborted);
            },
            status);
        // Of an error that cannot be read to its end, the status decides.
        Assert.Equal(FaultKind.Refused, page.Fault?.Kind);
        if (status == 200)
            Assert.Equal(AnswerLimits.TooLong, page.Fault);
    }

    [Theory]
    [InlineData("""{"a":"\ud83d\ude00"}""", true)]
    [InlineData("""{"a":"\ud800"}""", false)]
    [InlineData("""{"\udc00":1}""", false)]
    [InlineData("""{"a":""", false)]
    [InlineData("[]", false)]
    public void JSON_with_text_that_is_not_Unicode_is_not_parsed(string body, bool read)
    {
        using var answer = new HttpResponseMessage();
        Assert.Equal(read, new ShortAnswer(HttpStatusCode.OK, answer.Headers, Encoding.UTF8.GetBytes(body)).Json() is not null);
    }

    [Theory]
    [InlineData("<Contents><Key>k</Key><Size>99999999999999999999</Size></Contents>")]
    [InlineData("<Contents><Key>k</Key><Size>one</Size></Contents>")]
    [InlineData("<Contents><Key>k</Key><LastModified>99999-01-01T00:00:00Z</LastModified></Contents>")]
    public async Task A_listing_of_a_bucket_that_cannot_be_parsed_is_a_fault(string content)
    {
        var page = await ListAsync(async (body, aborted) => await body.WriteAsync(
            Encoding.UTF8.GetBytes($"{Head}{content}</ListBucketResult>"), aborted));
        Assert.Equal((FaultKind.Transient, "The storage sent an answer that cannot be read."), (page.Fault?.Kind, page.Fault?.Sentence));
    }

    [Fact]
    public async Task A_redirect_of_a_bucket_to_another_host_is_a_fault()
    {
        await using var store = await LocalServer.StartAsync(context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = "http://127.0.0.1:1/elsewhere";
            return Task.CompletedTask;
        });
        using var clients = Clients();
        Assert.Equal(FaultKind.Transient, (await Source(clients, store).ListAsync("box/", null, default)).Fault?.Kind);
    }

    [Fact]
    public async Task The_content_of_a_range_has_no_limit()
    {
        const int length = AnswerLimits.MostBytes + 1000;
        await using var store = await LocalServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 206;
            context.Response.ContentLength = length;
            context.Response.Headers.ContentRange = $"bytes 0-{length - 1}/{length}";
            context.Response.Headers.ETag = "\"tag\"";
            await context.Response.Body.WriteAsync(new byte[length]);
        });
        using var clients = Clients();
        var pipe = new Pipe();
        var item = new SourceItem("box/k", "k", StorageItemKind.File) { Size = length, Pin = "tag" };
        var reading = Source(clients, store).ReadAsync(item, 0, length, pipe.Writer, default);
        _ = reading.ContinueWith(_ => pipe.Writer.Complete(), TaskScheduler.Default);
        var received = 0L;
        for (ReadResult read; !(read = await pipe.Reader.ReadAsync()).IsCompleted || !read.Buffer.IsEmpty;)
        {
            received += read.Buffer.Length;
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        Assert.Null(await reading);
        Assert.Equal(length, received);
    }

    private static async Task<Outcome<SourcePage>> ListAsync(Func<Stream, CancellationToken, Task> answer, int status = 200)
    {
        await using var store = await LocalServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/xml";
            return answer(context.Response.Body, context.RequestAborted);
        });
        using var clients = Clients();
        return await Source(clients, store).ListAsync("box/", null, default);
    }

    private static S3Clients Clients() =>
        new(Options.Create(new ConnectionOptions { AllowPrivateNetworks = true }), TimeProvider.System);

    private static S3Source Source(S3Clients clients, LocalServer store)
    {
        var settings = new S3Settings(new Uri(store.Address), "us-east-1", "box", "", PathStyle: true);
        var connection = new Connection(
            Guid.NewGuid(), "t", "s", "s3", "Box", null, ConnectionState.Ready, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        var context = new ConnectorContext(Caller.Operator, connection, NoCallLog.Instance)
        {
            Trial = new SecretTrial(new AccessKey("id", "secret").ToSecret()),
        };
        // The ledger keeps the secrets of connections, and this one brings its own.
        return new S3Source(new S3Client(clients, settings, new S3Abilities(false), null!, context, TimeProvider.System));
    }

    private sealed class Endless : Stream
    {
        public long Taken { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Taken += count;
            return count;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
