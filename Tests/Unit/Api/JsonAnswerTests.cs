using System.IO.Pipelines;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Unit.Api;

/// <summary>A response that its client does not read is in memory, so its request is aborted.</summary>
public sealed class JsonAnswerTests
{
    private static readonly byte[] Bytes = new byte[200_000];

    [Fact]
    public async Task Client_that_takes_nothing_for_ten_seconds_is_cut()
    {
        var (context, time, pipe, aborted) = Context();
        var writing = JsonAnswer.WriteAsync(context, Bytes, "application/json");
        await time.WaitForTimerAsync(JsonAnswer.Stall);
        Assert.False(writing.IsCompleted);
        time.Advance(JsonAnswer.Stall);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(Eventually.Limit));
        Assert.True(aborted.IsCancellationRequested);
        await pipe.Reader.CompleteAsync();
    }

    [Fact]
    public async Task Client_that_reads_slowly_gets_the_whole_response()
    {
        var (context, time, pipe, aborted) = Context();
        var writing = JsonAnswer.WriteAsync(context, Bytes, "application/json");
        long read = 0;
        while (read < Bytes.Length)
        {
            if (!writing.IsCompleted)
                time.Advance(JsonAnswer.Stall / 4);
            var part = await pipe.Reader.ReadAsync(aborted);
            read += part.Buffer.Length;
            pipe.Reader.AdvanceTo(part.Buffer.End);
        }

        await writing;
        Assert.False(aborted.IsCancellationRequested);
    }

    private static (HttpContext Context, ManualTime Time, Pipe Pipe, CancellationToken Aborted) Context()
    {
        var (time, pipe) = (new ManualTime(), new Pipe(new PipeOptions(null, null, null, 16_000, 8_000)));
        var lifetime = new Lifetime(new CancellationTokenSource());
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature { Method = "GET" });
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new Body(pipe.Writer));
        features.Set<IHttpRequestLifetimeFeature>(lifetime);
        var services = new ServiceCollection().AddSingleton<TimeProvider>(time).BuildServiceProvider();
        return (new DefaultHttpContext(features) { RequestServices = services }, time, pipe, lifetime.RequestAborted);
    }

    private sealed class Body(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream => writer.AsStream();

        public PipeWriter Writer => writer;

        public void DisableBuffering()
        {
        }

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task CompleteAsync() => Task.CompletedTask;
    }

    private sealed class Lifetime(CancellationTokenSource source) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; } = source.Token;

        public void Abort() => source.Cancel();
    }
}
