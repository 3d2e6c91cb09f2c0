using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control.OAuth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Emulators.Control;

/// <summary>A running emulator with its listeners and its control plane.</summary>
internal sealed class EmulatorHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly EmulatorContext _context;
    private readonly Emulator _emulator;

    private EmulatorHost(WebApplication app, Emulator emulator, EmulatorContext context)
    {
        _app = app;
        _emulator = emulator;
        _context = context;
    }

    /// <summary>The first listener's address, without a slash at the end.</summary>
    public string Address => _context.Addresses[0];

    public IReadOnlyList<string> Addresses => _context.Addresses;

    public EmulatorClock Clock => _context.Clock;

    public Journal Journal => _context.Journal;

    public FaultList Faults => _context.Faults;

    public Switches Switches => _context.Switches;

    public OAuthServer OAuth => _context.OAuth;

    public static async Task<EmulatorHost> StartAsync(
        Emulator emulator, EmulatorOptions options, CancellationToken cancellationToken = default)
    {
        var clock = new EmulatorClock(options.Time);
        var switches = new Switches(OAuthServer.DefaultSwitches.Concat(emulator.DefaultSwitches)
            .GroupBy(pair => pair.Key).ToDictionary(pair => pair.Key, pair => pair.Last().Value));
        var context = new EmulatorContext
        {
            Options = options,
            Clock = clock,
            Journal = new Journal(),
            Faults = new FaultList(),
            Switches = switches,
            OAuth = new OAuthServer(emulator.OAuth, options, clock, switches),
            Content = new ContentStore(options.DataFolder),
        };
        var app = Build(emulator, options);
        app.Use(new FaultMiddleware(emulator, context).InvokeAsync);
        app.UseRouting();
        ControlEndpoints.Map(app, emulator, context);
        context.OAuth.Map(app);
        emulator.Map(app, context);
        await app.StartAsync(cancellationToken);
        context.Addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        await emulator.BeginAsync(cancellationToken);
        return new EmulatorHost(app, emulator, context);
    }

    public static async Task ResetAsync(Emulator emulator, EmulatorContext context, CancellationToken cancellationToken)
    {
        context.Faults.Reset();
        context.Switches.Reset();
        context.Clock.Reset();
        context.OAuth.Reset();
        emulator.Reset();
        context.Content.Reset();
        context.Journal.Reset();
        await emulator.BeginAsync(cancellationToken);
    }

    public Task ResetAsync(CancellationToken cancellationToken = default) => ResetAsync(_emulator, _context, cancellationToken);

    public Task<object> SeedAsync(object description, CancellationToken cancellationToken = default) =>
        _emulator.SeedAsync(JsonSerializer.SerializeToElement(description, JsonSerializerOptions.Web), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // Requests that a fault holds would keep the listeners from closing.
        _context.Faults.Reset();
        await _app.DisposeAsync();
        await _emulator.DisposeAsync();
        _context.Content.Dispose();
    }

    private static WebApplication Build(Emulator emulator, EmulatorOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            if (options.CertificateFile is { } certificate)
                kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = Certificate(certificate, options.KeyFile));
        });
        if (options.CertificateFile is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseUrls([.. Enumerable.Range(0, emulator.Listeners)
            .Select(index => index < options.Urls.Count ? options.Urls[index] : emulator.UsualUrl(index))]);
        builder.Services.AddRoutingCore();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            json.SerializerOptions.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        // Problems of the emulator itself, such as an unhandled exception of a route.
        builder.Logging.AddFilter(level => level >= LogLevel.Warning);
        return builder.Build();
    }

    private static X509Certificate2 Certificate(string certificate, string? key)
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }
}
