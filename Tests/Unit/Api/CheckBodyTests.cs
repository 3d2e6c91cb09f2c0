using System.IO.Pipelines;
using System.Text;
using ChunkUpload.Api.Tree;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Unit.Api;

/// <summary>The body of a check may be slow: each line restarts its timeout.</summary>
public sealed class CheckBodyTests : IRequestBodyPipeFeature
{
    private static readonly TimeSpan Patience = new UploadOptions().BodyIdleTimeout;

    private readonly ManualTime _time = new();
    private readonly Pipe _body = new();

    PipeReader IRequestBodyPipeFeature.Reader => _body.Reader;

    [Fact]
    public async Task Every_line_gives_the_body_its_time_again()
    {
        var reading = CheckEntries.ReadAsync(Context());
        for (var i = 0; i < 3; i++)
        {
            await _time.WaitForTimerAsync(Patience).WaitAsync(Eventually.Limit);
            _time.Advance(Patience * 0.9);
            await _body.Writer.WriteAsync(Encoding.UTF8.GetBytes($"{{\"path\":\"{i}\"}}\n"));
        }

        await _body.Writer.CompleteAsync();
        var (lines, refusal) = await reading;
        Assert.Null(refusal);
        Assert.Equal(["0", "1", "2"], lines!.Select(line => line.Text));
    }

    [Fact]
    public async Task A_body_that_stays_silent_is_refused()
    {
        var reading = CheckEntries.ReadAsync(Context());
        await _body.Writer.WriteAsync("{\"path\":\"a\"}\n"u8.ToArray());
        await _time.WaitForTimerAsync(Patience).WaitAsync(Eventually.Limit);
        _time.Advance(Patience);
        Assert.NotNull((await reading).Refusal);
    }

    private DefaultHttpContext Context()
    {
        var context = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection().AddSingleton(new UploadOptions()).AddSingleton<TimeProvider>(_time)
                .BuildServiceProvider(),
        };
        context.Features.Set<IRequestBodyPipeFeature>(this);
        return context;
    }
}
