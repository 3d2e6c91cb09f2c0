using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Log = Microsoft.Extensions.Logging.ILogger;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>
/// What clients send can neither forge a line of the log nor reach a terminal as a command: texts with line breaks, escape sequences, NUL
/// and brackets of the formats, by every way into the service, with everything logged that the service and its frameworks can log.
/// </summary>
public sealed partial class LogInjectionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Mark = "FORGED";

    private static readonly string[] Hostile =
    [
        $"a\r\n12:00:00.000 error {Mark}  [1]", $"a\n{{\"Timestamp\":\"2026-01-01T00:00:00Z\",\"Level\":\"Fatal\",\"Message\":\"{Mark}\"}}",
        $"\u001b[2J\u001b]0;{Mark}\u0007\u001b[31m", $"\u009b31m{Mark}\u009d0;x\u009c", $"a\u2028{Mark}\u2029{Mark}",
        $"a\u0085{Mark}\u000b\u000c", $"a\0{Mark}\b\b\b\u007f", $"\u202e{Mark}\u2066", $"{{0}}{{Message}}{Mark}{{",
        $"\"}}\n{Mark}{{\"", new string('x', 9000) + Mark,
    ];

    [Fact]
    public async Task Hostile_texts_stay_within_the_line_of_their_event()
    {
        var events = new Events();
        await using var service = await TestService.StartAsync(postgres, replace: services =>
        {
            var logger = new LoggerConfiguration().MinimumLevel.Verbose().Enrich.FromLogContext().WriteTo.Sink(events).CreateLogger();
            _ = services.AddSingleton<ILoggerProvider>(new SerilogLoggerProvider(logger)).AddSingleton<Serilog.ILogger>(logger);
            // A fault of the service, with all that the client sent in its message.
            TestEndpoint.With(context => throw new InvalidDataException(
                $"{context.Request.Path}{context.Request.QueryString}{string.Join(' ', context.Request.Headers.Values)}",
                new IOException(Uri.UnescapeDataString(context.Request.QueryString.Value!))))(services);
        });
        foreach (var text in Hostile)
            await SendEverywhereAsync(service, text);
        await service.StopAsync();

        Assert.All(Enum.GetValues<LogFormat>(), format => AssertWhole(events.All, format));
    }

    private static void AssertWhole(IReadOnlyCollection<LogEvent> events, LogFormat format)
    {
        var formatter = Logging.FormatterOf(format, colours: false);
        var marked = 0;
        foreach (var entry in events)
        {
            using var output = new StringWriter();
            formatter.Format(entry, output);
            var text = output.ToString();
            marked += text.Contains(Mark, StringComparison.Ordinal) ? 1 : 0;
            Assert.EndsWith(Environment.NewLine, text, StringComparison.Ordinal);
            var lines = text[..^Environment.NewLine.Length].Split(Environment.NewLine);
            Assert.True(!lines.Any(Commands().IsMatch), text);
            if (format == LogFormat.Json)
            {
                using var json = JsonDocument.Parse(Assert.Single(lines));
                Assert.Equal(entry.Level.ToString(), json.RootElement.GetProperty("Level").GetString());
            }
            else
            {
                Assert.Matches(Line(), lines[0]);
                Assert.True(lines.Skip(1).All(line => line.StartsWith("    ", StringComparison.Ordinal)), text);
                Assert.True(lines.Length == 1 || entry.Exception is not null, text);
            }
        }

        // They were logged: the exceptions alone are four for each text.
        Assert.True(marked >= Hostile.Length * 4, $"{marked} of {events.Count}");
    }

    private static async Task SendEverywhereAsync(TestService service, string text)
    {
        var escaped = Uri.EscapeDataString(text);
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        var http = service.Client;

        // 1. Names, types, metadata and sentences, in addresses, JSON and tus metadata.
        (await http.PutAsync(At($"/api/files/{escaped}"), new StringContent("x"))).Dispose();
        (await http.PutAsync(At($"/api/tree/{escaped}"), new StringContent("x"))).Dispose();
        (await http.GetAsync(At($"/api/files?name={escaped}&cursor={escaped}"))).Dispose();
        (await http.PostAsJsonAsync(At("/api/sessions"), new
        {
            fileName = text,
            size = 1,
            contentType = text,
            metadata = new Dictionary<string, string> { ["caption"] = text, [text] = "x" },
        })).Dispose();
        (await http.PostAsJsonAsync(At("/api/links"), new { kind = "upload", title = text, path = text })).Dispose();
        (await http.PostAsJsonAsync(At("/api/users"), new { name = text, displayName = text, password = text, role = text })).Dispose();
        await SendAsync(HttpMethod.Post, "/files",
            ("Tus-Resumable", "1.0.0"), ("Upload-Length", "1"), ("Upload-Metadata", $"filename {encoded},caption {encoded}"));

        // 2. Unauthenticated requests: a name and a password, a key, a token.
        using (var anonymous = service.CreateClient(withKey: false))
        {
            anonymous.DefaultRequestHeaders.Add("Origin", service.Address.GetLeftPart(UriPartial.Authority));
            (await anonymous.PostAsJsonAsync(At("/signin"), new { name = text, password = text })).Dispose();
            (await anonymous.PostAsJsonAsync(At("/signin"), new { key = text, @return = text })).Dispose();
        }

        // 3. An address and headers that the service ignores, byte for byte as far as HTTP permits them.
        await RawAsync($"GET /nothing/{escaped}?{escaped} HTTP/1.1", text);
        await RawAsync($"GET /nothing?{OneLine(text)} HTTP/1.1", text);
        await RawAsync($"GET /nothing/{OneLine(text)} HTTP/1.1", text);
        await RawAsync($"G{OneLine(text)}T /nothing HTTP/1.1", text);
        await RawAsync($"GET /nothing HTTP/{OneLine(text)}", text);

        // 4. A message of the service itself about a file.
        var log = service.Services.GetRequiredService<ILoggerFactory>().CreateLogger<LogInjectionTests>();
        Damaged(log, "0", text, new InvalidDataException(text, new IOException(text)));

        async Task SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(method, At(path));
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
            (await http.SendAsync(request)).Dispose();
        }

        async Task RawAsync(string line, string value)
        {
            string[] names =
                ["User-Agent", "X-Forwarded-For", "X-Forwarded-Proto", "Origin", "Referer", "X-Request-ID", "Traceparent", "Cookie"];
            using var connection = await RawConnection.OpenAsync(service.Address);
            var head = new StringBuilder(line).Append("\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ").Append(service.Key);
            foreach (var name in names)
                head.Append("\r\n").Append(name).Append(": ").Append(OneLine(value));
            await connection.SendAsync(Encoding.UTF8.GetBytes(head.Append("\r\n\r\n").ToString()));
            await connection.ReadToEndAsync();
        }
    }

    // HTTP ends a line there; a request with them is malformed, and others are sent so.
    private static string OneLine(string text) => string.Concat(text.Split('\r', '\n'));

    private static Uri At(string path) => new(path, UriKind.Relative);

    /// <summary>Control characters of terminals, and every character that a program may treat as the end of a line.</summary>
    [GeneratedRegex(@"[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]")]
    private static partial Regex Commands();

    [GeneratedRegex(@"\A\d\d:\d\d:\d\d\.\d{3} (trace|debug|info |warn |error|fatal) ")]
    private static partial Regex Line();

    [LoggerMessage(9999, LogLevel.Error, "Upload {Upload}, \"{FileName}\", is damaged.")]
    private static partial void Damaged(Log log, string upload, string fileName, Exception exception);

    private sealed class Events : ILogEventSink
    {
        private readonly ConcurrentQueue<LogEvent> _events = new();

        public IReadOnlyCollection<LogEvent> All => _events;

        public void Emit(LogEvent logEvent) => _events.Enqueue(logEvent);
    }
}
