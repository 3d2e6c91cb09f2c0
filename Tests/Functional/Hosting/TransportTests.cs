using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>
/// The service's own transport reads sockets on demand: large runs of a fast body, and clients that disconnect while no read is pending.
/// </summary>
public sealed class TransportTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_body_comes_in_runs_as_large_as_the_reader_asked_to_be_woken_for()
    {
        var longest = 0L;
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(async context =>
        {
            var buffers = AlignedReceiveBuffers.Of(context)!;
            for (long bytes = 0; bytes < context.Request.ContentLength;)
            {
                var left = context.Request.ContentLength.Value - bytes;
                buffers.SetTarget(bytes, left);
                buffers.WakeAt((int)Math.Min(1 << 20, left));
                var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
                foreach (var segment in read.Buffer)
                    longest = Math.Max(longest, segment.Length);
                bytes += read.Buffer.Length;
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            }

            buffers.WakeAt(1);
        }));
        using var body = new ByteArrayContent(new byte[4 << 20]);
        using var answer = await service.Client.PutAsync(new Uri("/anything", UriKind.Relative), body);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.InRange(longest, 512 << 10, 1 << 20);
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
            await Task.Delay(Timeout.Infinite, context.RequestAborted)
                .ContinueWith(_ => gone.SetResult(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }));
        using (var socket = await AskAsync(service))
        {
            await begun.Task.WaitAsync(Eventually.Limit);
            socket.LingerState = new LingerOption(reset, 0);
        }

        await gone.Task.WaitAsync(Eventually.Limit);
        await service.StopAsync();
    }

    [Fact]
    public async Task A_client_that_waits_is_not_taken_for_one_that_has_gone()
    {
        var looks = 0;
        var aborted = false;
        await using var service = await TestService.StartAsync(postgres, replace: TestEndpoint.With(async context =>
        {
            // Several rounds of the check of idle connections.
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

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_request_that_waits_inside_tls_learns_that_its_client_has_gone(SslProtocols version)
    {
        using var certificate = new TestCertificate();
        var begun = new TaskCompletionSource();
        var gone = new TaskCompletionSource();
        var settings = new Dictionary<string, string>(
            certificate.Settings.Select(pair => KeyValuePair.Create(pair.Key, pair.Value)))
        { ["Host:Http1Urls"] = "https://127.0.0.1:0" };
        await using var service = await TestService.StartAsync(postgres, settings, TestEndpoint.With(async context =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted)
                .ContinueWith(_ => gone.SetResult(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }));
        var address = new Uri(service.Addresses.Single(url => url.StartsWith("https", StringComparison.Ordinal)));
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(address.Host, address.Port);
            await using var tls = new SslStream(client.GetStream());
            var options = certificate.Options(SslApplicationProtocol.Http11);
            options.EnabledSslProtocols = version;
            await tls.AuthenticateAsClientAsync(options);
            Assert.Equal(version, tls.SslProtocol);
            await tls.WriteAsync(
                Encoding.ASCII.GetBytes($"GET /anything HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {service.Key}\r\n\r\n"));
            await begun.Task.WaitAsync(Eventually.Limit);
            // TLS's close notification is unread before the end.
            await tls.ShutdownAsync();
        }

        await gone.Task.WaitAsync(Eventually.Limit);
        await service.StopAsync();
    }

    [Fact]
    public async Task Unflushed_output_does_not_wait_for_a_client_that_reads_nothing()
    {
        const int all = 32 << 20;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        var connection = new SocketConnection(await listener.AcceptSocketAsync(), new BufferPool(new DeviceMemory()), _ => { });
        for (var bytes = 0; bytes < all; bytes += 64 << 10)
        {
            _ = connection.Output.GetMemory(64 << 10);
            connection.Output.Advance(64 << 10);
        }

        await Task.Run(async () => await connection.DisposeAsync()).WaitAsync(Eventually.Limit);

        // Only as much as the buffers hold was sent.
        var received = 0;
        var buffer = new byte[64 << 10];
        while (await client.GetStream().ReadAsync(buffer).AsTask().WaitAsync(Eventually.Limit) is > 0 and var read)
            received += read;
        Assert.InRange(received, 1, all - 1);
    }

    [Fact]
    public async Task Abandoned_downloads_neither_delay_a_stop_nor_leave_unobserved_exceptions()
    {
        var unseen = new ConcurrentQueue<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs fault) => unseen.Enqueue(fault.Exception);
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            await using var service = await TestService.StartAsync(postgres);
            // More than the buffers of both sides hold.
            using var body = new ByteArrayContent(new byte[32 << 20]);
            using var put = await service.Client.PutAsync(new Uri("/api/files/film", UriKind.Relative), body);
            var path = put.Headers.Location!.IsAbsoluteUri ? put.Headers.Location.AbsolutePath : put.Headers.Location.ToString();
            await Task.WhenAll(Enumerable.Range(0, 40).Select(async number =>
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 << 10 };
                await socket.ConnectAsync(service.Address.Host, service.Address.Port);
                await socket.SendAsync(
                    Encoding.ASCII.GetBytes($"GET {path}/content HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {service.Key}\r\n\r\n"));
                var bytes = new byte[4096];
                var length = await socket.ReceiveAsync(bytes).WaitAsync(Eventually.Limit);
                Assert.StartsWith("HTTP/1.1 200 ", Encoding.ASCII.GetString(bytes, 0, length), StringComparison.Ordinal);
                socket.LingerState = new LingerOption(number % 2 == 0, 0);
            }));

            await service.StopAsync().WaitAsync(Eventually.Limit);

            Assert.DoesNotContain(
                service.Log.All,
                line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal)
                    || line.Contains("they are aborted", StringComparison.Ordinal));
            GC.Collect();
            GC.WaitForPendingFinalizers();
            // Other tests run beside this one.
            Assert.DoesNotContain(unseen, fault => fault.ToString().Contains("Hosting.Transport", StringComparison.Ordinal)
                || fault.ToString().Contains("Server.Kestrel", StringComparison.Ordinal));
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }
    }

    private static async Task<Socket> AskAsync(TestService service)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(service.Address.Host, service.Address.Port);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes($"GET /anything HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {service.Key}\r\n\r\n"));
        return socket;
    }
}
