using ChunkUpload.Core.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ChunkUpload.Api.Metrics;

/// <summary>
/// Exports traces and metrics by OTLP if an address is set. The sources are the framework's own; no request waits for an export.
/// </summary>
internal sealed class TelemetryStart(TelemetryOptions options) : IStartStep, IDisposable
{
    private static readonly string[] Sources = [ApiMeter.Name, "Microsoft.AspNetCore", "Npgsql"];

    private static readonly string[] Meters =
        [ApiMeter.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "Npgsql"];

    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public int Order => StartOrder.DataDirectory - 10;

    public string Name => "telemetry";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.OtlpEndpoint is not { } endpoint)
            return Task.CompletedTask;
        var resource = ResourceBuilder.CreateDefault().AddService("chunkupload");
        void Configure(OtlpExporterOptions otlp) => otlp.Endpoint = new Uri(endpoint);
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Sources).AddOtlpExporter(Configure).Build();
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters).AddOtlpExporter(Configure).Build();
        return Task.CompletedTask;
    }

    /// <summary>Sends what is pending; an unreachable collector does not prevent the stop.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(Dispose, CancellationToken.None)
        .WaitAsync(TimeSpan.FromSeconds(3), cancellationToken)
        .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
