using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Tests.Support;

/// <summary>A proxy with common faults: a limit of body sizes, buffered bodies, a wrong clock.</summary>
internal sealed class PickyProxy : IAsyncDisposable
{
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Expect", "Connection", "Transfer-Encoding", "Keep-Alive",
    };

    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly Uri _service;

    private PickyProxy(WebApplication app, Uri service) => (_app, _service) = (app, service);

    /// <summary>Larger bodies are refused; null means none.</summary>
    public long? MostBody { get; init; }

    /// <summary>Gets a value that indicates whether a request is forwarded only when it is complete.</summary>
    public bool Buffers { get; init; }

    /// <summary>The deviation of the clock in its answers.</summary>
    public TimeSpan Clock { get; init; }

    public Uri Address { get; private set; } = null!;

    public static async Task<PickyProxy> StartAsync(Uri service, long? mostBody = null, bool buffers = false, TimeSpan clock = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _ = builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
        var proxy = new PickyProxy(builder.Build(), service) { MostBody = mostBody, Buffers = buffers, Clock = clock };
        proxy._app.Run(proxy.ForwardAsync);
        await proxy._app.StartAsync();
        var addresses = proxy._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        proxy.Address = new Uri(addresses.Single());
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        if (MostBody is { } most && context.Request.ContentLength > most)
        {
            context.Response.StatusCode = 413;
            await context.Response.WriteAsync("<html>too large</html>");
            return;
        }

        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method), new Uri(_service, context.Request.Path.ToUriComponent() + context.Request.QueryString));
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()!.CanHaveBody)
            request.Content = new StreamContent(Buffers ? await WholeAsync(context) : context.Request.Body);
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!OwnHeaders.Contains(name) && !request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                _ = request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
            {
                if (!OwnHeaders.Contains(name))
                    context.Response.Headers[name] = values.ToArray();
            }

            context.Response.Headers.Date = (TimeProvider.System.GetUtcNow() + Clock).ToString("R");
            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException)
        {
            context.Abort();
        }
    }

    private static async Task<Stream> WholeAsync(HttpContext context)
    {
        var whole = new MemoryStream();
        await context.Request.Body.CopyToAsync(whole, context.RequestAborted);
        whole.Position = 0;
        return whole;
    }
}
