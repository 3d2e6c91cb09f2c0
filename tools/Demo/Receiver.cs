using System.Net;

namespace ChunkUpload.Demo;

/// <summary>A receiver of webhooks on a free loopback port: /shop takes everything, /mail is down.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _running;

    private Receiver(int port)
    {
        Address = new Uri($"http://127.0.0.1:{port}/");
        _listener.Prefixes.Add(Address.ToString());
        _listener.Start();
        _running = RunAsync();
    }

    public Uri Address { get; }

    public static Receiver Start()
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        return new Receiver(port);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running;
        _listener.Close();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
                await AnswerAsync(await _listener.GetContextAsync());
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // The demo ends.
        }
    }

    private static async Task AnswerAsync(HttpListenerContext context)
    {
        var takes = context.Request.Url!.AbsolutePath == "/shop";
        context.Response.StatusCode = takes ? 200 : 503;
        await using (var body = new StreamWriter(context.Response.OutputStream))
            await body.WriteAsync(takes ? "taken" : "The mail server does not answer.");
        context.Response.Close();
    }
}
