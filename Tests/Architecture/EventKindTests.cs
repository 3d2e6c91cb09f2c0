using System.Text.RegularExpressions;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hooks;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>Kinds of events are declared once, in <see cref="EventKinds"/>: SQL, the console and the documents agree with it.</summary>
public sealed partial class EventKindTests
{
    private static readonly string[] Known = [.. EventKinds.All.Select(kind => kind.Name)];

    // Kinds that are no events of the ledger, but messages to webhooks.
    private static readonly string[] OnlyWebhooks = [WebhookKinds.Progress, WebhookKinds.Test, WebhookKinds.JobFailed];

    private static readonly (string Script, string Name)[] Lists =
    [
        ("overview/screen.js", "ENDS"), ("overview/screen.js", "STATES"), ("parts/counters.js", "CHANGES"),
        ("webhooks/forms.js", "OF_SERVICE"), ("webhooks/forms.js", "OF_TUSD"),
    ];

    [Fact]
    public void Each_kind_is_declared_once() => Assert.Equal(Known.Distinct(), Known);

    [Fact]
    public void Sql_records_only_kinds_that_are_declared_and_about_the_declared_topic()
    {
        var calls = Calls().Where(call => call.Function == "add_event").ToList();
        Assert.NotEmpty(calls);
        Assert.All(calls, call =>
        {
            Assert.NotEmpty(call.Kinds);
            Assert.All(call.Kinds, kind => Assert.Equal(EventKinds.Find(kind)?.Topic, Literals(call.Arguments[1]).Single()));
        });
        Assert.All(
            Calls().Where(call => call.Function == "add_events").SelectMany(call => call.Kinds),
            name => Assert.Equal(TopicKinds.Upload, EventKinds.Find(name)?.Topic));
    }

    [Fact]
    public void Every_kind_is_recorded_somewhere()
    {
        var inSql = Calls().SelectMany(call => call.Kinds);
        // end_uploads takes the kind from its callers; what C# adds, it names by a member of the list.
        var ends = EventKinds.All.Where(kind => kind.IsEnd && kind != EventKinds.Completed).Select(kind => kind.Name);
        var inCode = Sources("*.cs", "Api", "Core").Where(path => !path.EndsWith("EventKinds.cs", StringComparison.Ordinal))
            .SelectMany(path => Added().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value))
            .Select(member => ((EventKind)typeof(EventKinds).GetProperty(member)!.GetValue(null)!).Name);
        Assert.Equal(Known.Order(), inSql.Concat(ends).Concat(inCode).Distinct().Order());
    }

    [Fact]
    public void Sql_queues_for_the_services_webhooks_what_is_declared_for_them()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "db", "functions", "queue_webhooks.sql"));
        Assert.Equal(WebhookKinds.OfService.Order(), Literals(ServiceKinds().Match(text).Groups[1].Value).Order());
    }

    [Fact]
    public void Scripts_of_the_console_name_only_kinds_that_are_declared()
    {
        var console = Path.Combine(Repository.Root, "Api", "wwwroot", "console");
        var compared = Directory.EnumerateFiles(console, "*.js", SearchOption.AllDirectories)
            // The story of a transfer has words of its own.
            .Where(path => !path.EndsWith("transfers/story.js", StringComparison.Ordinal))
            .SelectMany(path => Comparisons().Matches(File.ReadAllText(path)).Select(match => match.Value));
        var listed = Lists.Select(list => Regex.Match(
            File.ReadAllText(Path.Combine(console, list.Script)), $@"const {list.Name} = \[[^\]]*\]").Value).ToList();
        Assert.DoesNotContain("", listed);
        Assert.Empty(compared.Concat(listed).SelectMany(Literals).Except(Known).Except(OnlyWebhooks));

        var words = File.ReadAllText(Path.Combine(console, "texts", "webhooks.js"));
        var keys = Regex.Matches(WordsOfKinds().Match(words).Groups[1].Value, @"(\w+): '").Select(match => match.Groups[1].Value);
        Assert.Equal(WebhookKinds.All.Union(WebhookKinds.OfService).Append(WebhookKinds.Test).Order(), keys.Order());
    }

    [Fact]
    public void The_document_of_events_has_a_row_for_each_kind()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "design", "events.md"));
        var rows = Row().Matches(text).SelectMany(row => Quoted().Matches(row.Groups[1].Value).Select(name =>
            (Name: name.Groups[1].Value, Topic: row.Groups[2].Value, Hearers: row.Groups[3].Value)));
        Assert.Equal(
            EventKinds.All.Select(kind => (kind.Name, kind.Topic, Hearers: Words(kind.Hearers))).Order(), rows.Order());

        static string Words(EventHearers hearers) => string.Join(", ", new[]
        {
            (EventHearers.Owner, "owner"), (EventHearers.TenantAdmins, "admins"), (EventHearers.SpaceMembers, "members"),
            (EventHearers.Operators, "operators"),
        }.Where(one => hearers.HasFlag(one.Item1)).Select(one => one.Item2));
    }

    /// <summary>The calls of add_event and add_events in SQL files and in SQL inside of C#.</summary>
    private static IEnumerable<(string Function, IReadOnlyList<string> Arguments, IReadOnlyList<string> Kinds)> Calls() =>
        from path in Sources("*.sql", "db/functions").Concat(Sources("*.cs", "Infrastructure"))
        let text = File.ReadAllText(path)
        from Match call in Call().Matches(text)
            // Kinds that come from C# are parameters there.
        where text[call.Index + call.Length] != '@'
        let arguments = Arguments(text, call.Index + call.Length)
        select (call.Groups[1].Value, (IReadOnlyList<string>)arguments,
            (IReadOnlyList<string>)[.. KindsOf(text, arguments[call.Groups[1].Value == "add_event" ? 0 : 1])]);

    /// <summary>A literal, or what a variable may have been set to.</summary>
    private static IEnumerable<string> KindsOf(string text, string argument) => Literals(argument) is var literals && literals.Any()
        ? literals
        : Regex.Match(text, $@"\b{Regex.Escape(argument.Trim())} := case(.*?)end;", RegexOptions.Singleline) is { Success: true } set
            ? Results().Matches(set.Groups[1].Value).Select(match => match.Groups[1].Value)
            : [];

    private static List<string> Arguments(string text, int from)
    {
        var arguments = new List<string>();
        var (depth, began) = (0, from);
        for (var at = from; ; at++)
        {
            if (depth == 0 && text[at] is (',' or ')'))
            {
                arguments.Add(text[began..at]);
                began = at + 1;
                if (text[at] == ')')
                    return arguments;
            }
            else if (text[at] is '(' or '[')
            {
                depth++;
            }
            else if (text[at] is ')' or ']')
            {
                depth--;
            }
        }
    }

    private static IEnumerable<string> Literals(string text) => Literal().Matches(text).Select(match => match.Groups[1].Value);

    private static IEnumerable<string> Sources(string pattern, params string[] folders) =>
        folders.SelectMany(folder => Directory.EnumerateFiles(
                Path.Combine(Repository.Root, folder), pattern, SearchOption.AllDirectories))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal));

    [GeneratedRegex(@"(?<!function )\b(add_events?)\(")]
    private static partial Regex Call();

    [GeneratedRegex(@"AddAsync\(\s*EventKinds\.(\w+)")]
    private static partial Regex Added();

    [GeneratedRegex(@"'([a-z_]+)'")]
    private static partial Regex Literal();

    [GeneratedRegex(@"(?:then|else) '([a-z_]+)'")]
    private static partial Regex Results();

    [GeneratedRegex(@"k\.kind in \(([^)]*)\)")]
    private static partial Regex ServiceKinds();

    // With a kind of two words: those of one word are compared with kinds of other things, too.
    [GeneratedRegex(@"\bkind [!=]== '[a-z]+_[a-z_]+'")]
    private static partial Regex Comparisons();

    [GeneratedRegex(@"\bkinds: \{([^}]*)\}")]
    private static partial Regex WordsOfKinds();

    [GeneratedRegex(@"^\| (`[^|]*`) \| (\w+) \| ([^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Quoted();
}
