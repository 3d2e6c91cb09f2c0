using System.Reflection;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>
/// Checks the tables of protocol rules and of the engine's rules: none is missing, and each test that they name exists and is not skipped.
/// </summary>
public sealed partial class ComplianceTests
{
    private static readonly ILookup<string, Type> Classes = typeof(ComplianceTests).Assembly.GetTypes()
        .Where(type => type.GetMethods().Any(IsTest)).ToLookup(type => type.Name);

    public static TheoryData<string, string, string> Tables => new()
    {
        {
            "Api/Tus/SpecCompliance.md", "ChunkUpload.Tests.Functional.Tus",
            "T1-16 T20-24 T30-38 T38a T39-41 T50-88 T90-96 T100-107 T110-138 T140-156 T160-167 T170-185"
        },
        {
            "Api/Resumable/SpecCompliance.md", "ChunkUpload.Tests.Functional.Resumable",
            "R1-6 R10-17 R20-30 R40-45 R50-63 R70-77 R80-92 R95-97 R100-105 R110-113 R120-125"
        },
        { "tools/FaultLab/Rules.md", "ChunkUpload.Tests.Functional.Uploads", "E1-31" },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void Every_rule_has_exactly_one_line(string table, string _, string rules) =>
        Assert.Equal(Numbers(rules).Order(StringComparer.Ordinal), Rows(table).Select(row => row.Rule)
            .Where(rule => RuleName().IsMatch(rule)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Tables))]
    public void Every_line_names_tests_that_run_or_says_why_there_is_none(string table, string home, string _)
    {
        var faults = new List<string>();
        foreach (var (rule, cell) in Rows(table))
        {
            // A dash needs a reason beside it.
            if (cell.StartsWith('–'))
            {
                if (cell.Trim('–', ' ').Length == 0)
                    faults.Add($"{rule}: no test and no reason");
                continue;
            }

            var names = Quoted().Matches(cell).Select(match => match.Groups[1].Value).ToList();
            if (names.Count == 0)
                faults.Add($"{rule}: names no test");
            faults.AddRange(names.Where(name => !Exists(name, home)).Select(name => $"{rule}: {name} is not there or does not run"));
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void Routes_never_redirect()
    {
        // Except for a browser that visits the operator's pages or the documents, opens a file on the content origin, or comes back from a
        // provider's sign-in: none of them sends an upload.
        var sources = Repository.TrackedFiles().Where(path =>
            path.StartsWith("Api/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal)
                && path is not (
                    "Api/Access/Keys/OperatorPage.cs" or "Api/Files/GetFileContent.cs" or "Api/Connections/EndConnectionSignIn.cs"
                    or "Api/Docs/DocsPages.cs" or "Api/Projects/FileTransferContent.cs"));
        Assert.DoesNotContain(sources, path => Redirect().IsMatch(File.ReadAllText(Path.Combine(Repository.Root, path))));
    }

    private static IEnumerable<string> Numbers(string rules)
    {
        foreach (var range in rules.Split(' '))
        {
            var ends = range[1..].Split('-');
            if (ends.Length == 1)
            {
                yield return range;
                continue;
            }

            for (var number = int.Parse(ends[0], null); number <= int.Parse(ends[1], null); number++)
                yield return $"{range[0]}{number}";
        }
    }

    /// <summary>A rule is an item that begins with its bold number; its tests are in the sub-item "Test: …".</summary>
    private static List<(string Rule, string Tests)> Rows(string table)
    {
        var rows = new List<(string Rule, string Tests)>();
        var inTests = false;
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, table)))
        {
            if (RuleItem().Match(line) is { Success: true } item)
                rows.Add((item.Groups[1].Value, ""));
            if (!line.StartsWith("    ", StringComparison.Ordinal))
                inTests = TestsItem().IsMatch(line);
            if (inTests && rows.Count > 0)
                rows[^1] = (rows[^1].Rule, rows[^1].Tests + TestsItem().Replace(line, "").Trim() + " ");
        }

        return rows;
    }

    /// <param name="name">A class, a class with a method, or either behind the last words of its namespace.</param>
    private static bool Exists(string name, string home)
    {
        var words = name.Split('.');
        foreach (var at in new[] { words.Length - 1, words.Length - 2 })
        {
            if (at < 0 || Classes[words[at]].ToList() is not { Count: > 0 } found)
                continue;
            // Among classes of one name the table's own namespace wins, unless a word before the class names another.
            var before = string.Join('.', words[..at]);
            var type = before.Length > 0
                ? found.SingleOrDefault(type => type.Namespace!.EndsWith("." + before, StringComparison.Ordinal))
                : found.Count == 1 ? found[0] : found.SingleOrDefault(type => type.Namespace == home);
            if (type is not null && (at == words.Length - 1 || type.GetMethods().Any(method => method.Name == words[^1] && IsTest(method))))
                return true;
        }

        return false;
    }

    // Some tests skip themselves where their program is missing; that is not the same as being switched off.
    private static bool IsTest(MethodInfo method) => method.GetCustomAttributesData()
        .Any(data => typeof(FactAttribute).IsAssignableFrom(data.AttributeType)
            && data.NamedArguments.All(argument => argument.MemberName != nameof(FactAttribute.Skip)));

    [GeneratedRegex("^[TRE][0-9]+a?$")]
    private static partial Regex RuleName();

    [GeneratedRegex("^- \\*\\*([^*]+)\\*\\*:")]
    private static partial Regex RuleItem();

    [GeneratedRegex("^  - [Tt]ests?: ")]
    private static partial Regex TestsItem();

    [GeneratedRegex("Redirect\\(|Redirect(Permanent|HttpResult)|Status30[1-3]|Status30[78]")]
    private static partial Regex Redirect();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
