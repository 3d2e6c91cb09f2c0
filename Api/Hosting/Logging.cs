using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Hosting;
using Serilog.Extensions.Logging;
using Serilog.Formatting;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Configures Serilog: behind <c>ILogger</c> for all code, and directly for <see cref="RequestLog"/>, the only other class that uses
/// Serilog.
/// </summary>
internal static class Logging
{
    private static readonly string[] Frameworks = ["Microsoft", "System", "Npgsql", "Hangfire", "Swashbuckle"];

    private static readonly string[] Silent =
    [
        // Its lines contain query strings and its scope another request id; RequestLog writes the service's own line.
        "Microsoft.AspNetCore.Hosting.Diagnostics",
        // It logs a stack trace for a port in use; ServiceHost reports that in one sentence.
        "Microsoft.Extensions.Hosting.Internal.Host",
        // Any visitor can cause its warnings, and its errors have a stack; OidcEvents writes one line for each.
        "Microsoft.AspNetCore.Authentication.OpenIdConnect.OpenIdConnectHandler",
        "ChunkUpload.Api.Access.Oidc.OidcHandler",
    ];

    public static void Apply(WebApplicationBuilder builder, LogOptions options)
    {
        var logger = Create(options);
        // Each line of a request is complete, so nothing is collected for it; but the middleware requires the collector.
        _ = builder.Services.AddSingleton<Serilog.ILogger>(logger).AddSingleton(new DiagnosticContext(logger));
        _ = builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddSerilog(logger, dispose: true);
        foreach (var category in Silent)
            // Add both rules: AddSerilog adds a rule of its own that outweighs a general one.
            _ = builder.Logging.AddFilter(category, LogLevel.None).AddFilter<SerilogLoggerProvider>(category, LogLevel.None);
    }

    private static Logger Create(LogOptions options)
    {
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Is(LevelOf(options.Level))
            .Enrich.FromLogContext()
            // Serilog has no counterpart of LogLevel.None: the filter then excludes everything.
            .Filter.ByExcluding(entry => options.Level == LogLevel.None || IsCancelledFramework(entry));
        // The framework's lines at Information and Debug outnumber our own: only Log:Level=Trace shows them.
        var frameworkLevel = options.Level is LogLevel.Trace or > LogLevel.Warning ? options.Level : LogLevel.Warning;
        foreach (var framework in Frameworks)
            _ = configuration.MinimumLevel.Override(framework, LevelOf(frameworkLevel));
        return configuration.WriteTo.Console(FormatterOf(options.Format, colours: !Console.IsOutputRedirected)).CreateLogger();
    }

    internal static ITextFormatter FormatterOf(LogFormat format, bool colours) =>
        format == LogFormat.Json ? new JsonLine() : new TextLine(colours);

    // During a stop the scheduler logs its cancelled statements as errors.
    private static bool IsCancelledFramework(LogEvent entry) =>
        entry.Exception is OperationCanceledException
        && entry.Properties.GetValueOrDefault(Constants.SourceContextPropertyName) is ScalarValue { Value: string source }
        && Frameworks.Any(framework => source.StartsWith(framework + ".", StringComparison.Ordinal));

    private static LogEventLevel LevelOf(LogLevel level) => level switch
    {
        LogLevel.Trace => LogEventLevel.Verbose,
        LogLevel.Debug => LogEventLevel.Debug,
        LogLevel.Information => LogEventLevel.Information,
        LogLevel.Warning => LogEventLevel.Warning,
        LogLevel.Error => LogEventLevel.Error,
        _ => LogEventLevel.Fatal,
    };
}
