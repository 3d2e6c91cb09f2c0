using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Http.Features;
using Serilog;
using Serilog.Context;
using Serilog.Core;
using Serilog.Events;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Gives the request its id and logs one line at its end. The line contains the route's template instead of the path, and no query, so it
/// contains no name, key or token.
/// </summary>
internal static class RequestLog
{
    private const string Line = "{Method} {Route} {Status} in {Milliseconds} ms, {BytesIn} bytes in, {BytesOut} bytes out, {Subject}";

    private const int EventId = 1010;

    // The same properties as on other lines, for filtering.
    private static readonly LogEventProperty[] Marks =
    [
        new("EventId", new StructureValue([new("Id", new ScalarValue(EventId)), new("Name", new ScalarValue("Request"))])),
        new(Constants.SourceContextPropertyName, new ScalarValue(typeof(RequestLog).FullName)),
    ];

    public static async Task GiveId(HttpContext context, RequestDelegate next)
    {
        using var id = LogContext.PushProperty(RequestId.Property, RequestId.Give(context));
        await next(context);
    }

    public static void Use(WebApplication app) => app.UseSerilogRequestLogging(options =>
    {
        options.Logger = app.Services.GetRequiredService<Serilog.ILogger>();
        options.MessageTemplate = Line;
        options.GetLevel = (context, _, _) => LevelOf(context);
        options.GetMessageTemplateProperties = (context, _, milliseconds, _) => PropertiesOf(context, (long)milliseconds);
    });

    private static LogEventProperty[] PropertiesOf(HttpContext context, long milliseconds)
    {
        var outcome = context.Features.GetRequiredFeature<RequestOutcome>();
        return
        [
            Of("Method", context.Request.Method),
            Of("Route", (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)"),
            Of("Status", outcome.Status),
            Of("Milliseconds", milliseconds),
            Of("BytesIn", outcome.BytesIn),
            Of("BytesOut", outcome.BytesOut),
            Of("Subject", context.Features.Get<Caller>()?.Subject ?? "-"),
            .. Marks,
        ];

        static LogEventProperty Of(string name, object value) => new(name, new ScalarValue(value));
    }

    // Successful probes and scrapes come every few seconds and say nothing new. Only a 500 is a bug: 503 and 507 report a database, a disk
    // or a stop that logs lines of its own.
    private static LogEventLevel LevelOf(HttpContext context) => context.Features.GetRequiredFeature<RequestOutcome>().Status switch
    {
        StatusCodes.Status500InternalServerError => LogEventLevel.Error,
        > StatusCodes.Status500InternalServerError => LogEventLevel.Warning,
        _ when context.GetEndpoint()?.Metadata.GetMetadata<QuietRequest>() is not null => LogEventLevel.Debug,
        _ => LogEventLevel.Information,
    };
}

/// <summary>Endpoint metadata: this endpoint's requests are logged at Debug while they succeed.</summary>
internal sealed class QuietRequest;
