using System.Collections.Concurrent;
using System.Text;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>Traces and metrics by OTLP, received by a collector of the test.</summary>
[Collection(ApiCollection.Name)]
public sealed class TelemetryTests
{
    [Fact]
    public async Task Traces_and_metrics_reach_the_collector_and_name_the_route_and_no_path()
    {
        await using var collector = await Collector.StartAsync();
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres, new Dictionary<string, string>
        {
            ["Telemetry:OtlpEndpoint"] = collector.Address,
        });
        var id = await new ApiClient(service).CreateIdAsync(5);
        await new ApiClient(service).GetAsync($"/api/sessions/{id}");
        // The service sends the rest when it stops.
        await service.StopAsync();

        var traces = collector.Received("TraceService");
        Assert.Contains("chunkupload", traces, StringComparison.Ordinal);
        Assert.Contains("GET /api/sessions/{id}", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("cu_op_", traces, StringComparison.Ordinal);
        Assert.Contains("chunkupload.request.duration", collector.Received("MetricsService"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unavailable_collector_delays_no_request()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service =
            await TestService.StartAsync(postgres, new Dictionary<string, string> { ["Telemetry:OtlpEndpoint"] = "http://127.0.0.1:9" });
        await new ApiClient(service).CreateIdAsync(5);
        await service.StopAsync();
    }

    /// <summary>Accepts every gRPC call.</summary>
    private sealed class Collector(WebApplication app, ConcurrentQueue<(string Path, byte[] Body)> calls) : IAsyncDisposable
    {
        public string Address => app.Urls.First();

        public static async Task<Collector> StartAsync()
        {
            var calls = new ConcurrentQueue<(string, byte[])>();
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0")
                .ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2));
            var app = builder.Build();
            app.Run(async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                calls.Enqueue((context.Request.Path.Value!, body.ToArray()));
                context.Response.ContentType = "application/grpc";
                context.Response.DeclareTrailer("grpc-status");
                await context.Response.Body.WriteAsync(new byte[5]);
                context.Response.AppendTrailer("grpc-status", "0");
            });
            await app.StartAsync();
            return new Collector(app, calls);
        }

        public string Received(string service) =>
            string.Concat(calls.Where(call => call.Path.Contains(service, StringComparison.Ordinal))
                .Select(call => Encoding.Latin1.GetString(call.Body)));

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
