using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;
using Serilog.Formatting.Json;

namespace ChunkUpload.Api.Hosting;

/// <summary>Serilog behind the framework's logging: code logs through <c>ILogger</c> and knows nothing of it.</summary>
internal static class Logging
{
    private static readonly string[] Frameworks = ["Microsoft", "System", "Npgsql", "Quartz", "Swashbuckle"];

    private static readonly string[] Silent =
    [
        // Its lines carry query strings, and its scope another request id: RequestLog writes our own line.
        "Microsoft.AspNetCore.Hosting.Diagnostics",
        // It logs a stack trace for a port in use, which ServiceHost says in a sentence.
        "Microsoft.Extensions.Hosting.Internal.Host",
    ];

    public static void Apply(ILoggingBuilder logging, LogOptions options)
    {
        var logger = Create(options);
        _ = logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddSerilog(logger, dispose: true);
        foreach (var category in Silent)
            // Twice, as AddSerilog comes with a rule of its own that outweighs a general one.
            _ = logging.AddFilter(category, LogLevel.None).AddFilter<SerilogLoggerProvider>(category, LogLevel.None);
    }

    private static Logger Create(LogOptions options)
    {
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Is(LevelOf(options.Level))
            .Enrich.FromLogContext()
            // LogLevel.None has no like in Serilog: nothing passes the filter then.
            .Filter.ByExcluding(entry => options.Level == LogLevel.None || IsCancelledFramework(entry));
        // Their lines at Information and Debug outnumber our own: only someone who asks for everything sees them.
        var frameworkLevel = options.Level is LogLevel.Trace or > LogLevel.Warning ? options.Level : LogLevel.Warning;
        foreach (var framework in Frameworks)
            _ = configuration.MinimumLevel.Override(framework, LevelOf(frameworkLevel));
        ITextFormatter formatter = options.Format == LogFormat.Json
            ? new JsonFormatter(renderMessage: true)
            : new TextLine(colours: !Console.IsOutputRedirected);
        return configuration.WriteTo.Console(formatter).CreateLogger();
    }

    // The scheduler calls it an error that a statement was cancelled, which at a stop is what was asked of it.
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
