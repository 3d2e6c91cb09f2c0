using System.Text.Json;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>Query plans for tests: which indexes they use, and which tables and indexes they scan.</summary>
public sealed class LedgerPlan
{
    private readonly List<JsonElement> _nodes = [];
    private readonly List<string> _walkedIndexes = [];

    public LedgerPlan(IEnumerable<JsonDocument> plans)
    {
        foreach (var plan in plans)
        {
            var before = _nodes.Count;
            Collect(plan.RootElement);
            var walked = _nodes.Skip(before).Where(node => Text(node, "Index Cond") is null).Select(node => Text(node, "Index Name"))
                .OfType<string>();
            // limits_quota is asked only whether it has a row at all, and stores whether it has two.
            _walkedIndexes.AddRange(walked.Where(index => !index.StartsWith("incarnations_", StringComparison.Ordinal)
                && index is not "limits_quota" and not "stores_pkey")
                .Select(index => $"{index}, for: {Text(plan.RootElement, "Query Text")}"));
        }
    }

    public IReadOnlyList<string> Indexes => [.. _nodes.Select(node => Text(node, "Index Name")).OfType<string>().Distinct()];

    /// <summary>Tables that are scanned sequentially, except the clock, which has one row, and stores, which has one per node.</summary>
    public IReadOnlyList<string> Walked =>
    [
        .. Named("Seq Scan", "Relation Name")
            .Where(relation => relation is not "service_clock" and not "incarnations" and not "stores").Distinct(),
    ];

    /// <summary>
    /// Indexes that are scanned from end to end, with the statements. Each incarnation has its own connections and therefore its own plans.
    /// </summary>
    public IReadOnlyList<string> WalkedIndexes => _walkedIndexes;

    /// <summary>Returns the keys of sorts that no index provides.</summary>
    public IReadOnlyList<string> SortKeys => [.. _nodes.Where(node => Text(node, "Node Type") == "Sort")
        .SelectMany(node => node.GetProperty("Sort Key").EnumerateArray().Select(key => key.GetString()!))];

    /// <summary>Tables whose rows change.</summary>
    public IReadOnlyList<string> Changed => [.. Named("ModifyTable", "Relation Name").Distinct()];

    /// <summary>
    /// Runs functions, rolls back, and returns the plans of all statements inside them: the custom plans, and the generic ones that
    /// recording connections use.
    /// </summary>
    public static async Task<LedgerPlan> InsideAsync(NpgsqlConnection connection, string call, object parameters)
    {
        var plans = new List<JsonDocument>();
        await connection.ExecuteAsync("""
            load 'auto_explain';
            set auto_explain.log_min_duration = 0;
            set auto_explain.log_nested_statements = on;
            set auto_explain.log_format = json;
            set auto_explain.log_level = notice
            """);
        connection.Notice += (_, notice) =>
        {
            if (notice.Notice.MessageText.IndexOf('{', StringComparison.Ordinal) is >= 0 and var start)
                plans.Add(JsonDocument.Parse(notice.Notice.MessageText[start..]));
        };
        foreach (var mode in new[] { "force_custom_plan", "force_generic_plan" })
        {
            var before = plans.Count;
            await connection.ExecuteAsync($"set plan_cache_mode = {mode}");
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.ExecuteAsync(call, parameters, transaction, commandTimeout: 0);
            await transaction.RollbackAsync();
            Assert.True(plans.Count > before);
        }

        return new LedgerPlan(plans);
    }

    private IEnumerable<string> Named(string type, string name) => _nodes.Where(node => Text(node, "Node Type") == type)
        .Select(node => Text(node, name)).OfType<string>();

    private void Collect(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
                Collect(item);
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            if (element.TryGetProperty("Node Type", out _))
                _nodes.Add(element);
            foreach (var property in element.EnumerateObject())
                Collect(property.Value);
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
