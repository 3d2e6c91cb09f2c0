using System.Net;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>Sockets that are read by whoever wants their bytes: large runs of a fast body, and clients that go while nobody reads.</summary>
[Collection(PostgresCollection.Name)]
public sealed class TransportTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_body_comes_in_runs_as_large_as_the_reader_asked_to_be_woken_for()
    {
        var longest = 0L;
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(async context =>
        {
            var arrival = BodyArrival.Of(context)!;
            for (long bytes = 0; bytes < context.Request.ContentLength;)
            {
                arrival.WakeAt((int)Math.Min(256 << 10, context.Request.ContentLength.Value - bytes));
                var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
                foreach (var segment in read.Buffer)
                    longest = Math.Max(longest, segment.Length);
                bytes += read.Buffer.Length;
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            }

            arrival.WakeAt(1);
        }));
        using var body = new ByteArrayContent(new byte[4 << 20]);
        using var answer = await service.Client.PutAsync(new Uri("/anything", UriKind.Relative), body);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.InRange(longest, 128 << 10, 256 << 10);
        await service.StopAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_waits_learns_that_its_client_has_gone(bool reset)
    {
        var begun = new TaskCompletionSource();
        var gone = new TaskCompletionSource();
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(async context =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => gone.SetResult(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }));
        using (var socket = await AskAsync(service))
        {
            await begun.Task.WaitAsync(TimeSpan.FromMinutes(1));
            socket.LingerState = new LingerOption(reset, 0);
        }

        await gone.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await service.StopAsync();
    }

    [Fact]
    public async Task A_client_that_waits_is_not_taken_for_one_that_has_gone()
    {
        var looks = 0;
        var aborted = false;
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(async context =>
        {
            // Several rounds of the look at idle connections.
            while (looks++ < 30)
            {
                await Task.Delay(100, CancellationToken.None);
                aborted |= context.RequestAborted.IsCancellationRequested;
            }

            await context.Response.WriteAsync("still here", CancellationToken.None);
        }));
        using var socket = await AskAsync(service);
        var answer = new byte[4096];
        var length = await socket.ReceiveAsync(answer);

        Assert.Contains("200 OK", Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
        Assert.False(aborted);
        await service.StopAsync();
    }

    private static async Task<Socket> AskAsync(TestService service)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(service.Address.Host, service.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /anything HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {service.Key}\r\n\r\n"));
        return socket;
    }
}
