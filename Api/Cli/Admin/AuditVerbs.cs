using System.Globalization;
using System.Text.Json;
using ChunkUpload.Api.Audit;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>audit verify, export.</summary>
internal sealed class AuditVerbs(IServiceProvider services, AdminCommand command)
{
    private const int Page = 1000;
    private const int Done = 0;
    private const int Broken = 1;

    private readonly IAuditLedger _audit = services.GetRequiredService<IAuditLedger>();

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (command.Action.Name == "verify")
            return await VerifyAsync(cancellationToken);
        var query = new AuditQuery(
            command.Option("--tenant"), command.Option("--subject"), command.Option("--kind"), null, null, null, null, Page);
        while (await _audit.ListAsync(query, cancellationToken) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
                Console.WriteLine(JsonSerializer.Serialize(AuditView.Of(row), ApiJson.Out.AuditView));
            query = query with { Before = rows[^1].Number };
        }

        return Done;
    }

    private async Task<int> VerifyAsync(CancellationToken cancellationToken)
    {
        var expected = command.Option("--expect");
        if (expected is not null && !IsHead(expected))
            throw new StartRefusedException("--expect needs what an earlier audit verify printed: NUMBER:CHAIN.");
        var chain = services.GetRequiredService<AuditChain>();
        // Verify up to the expected number to get the chain's value at that number.
        var verdict = await chain.VerifyAsync(expected is null ? null : long.Parse(expected.Split(':')[0], CultureInfo.InvariantCulture),
            cancellationToken);
        if (verdict.Broken is { } number)
        {
            await AdminVerbs.SayAsync($"The audit was changed: row {number} does not match the rows before it.");
            return Broken;
        }

        var head = $"{verdict.Number}:{Convert.ToHexStringLower(verdict.Chain)}";
        if (expected is not null && head != expected)
        {
            await AdminVerbs.SayAsync($"The audit was changed: its chain does not lead to {expected}. Rows were removed or rewritten.");
            return Broken;
        }

        Console.WriteLine(head);
        await AdminVerbs.SayAsync($"{verdict.Number} rows are as they were written. Keep the line above elsewhere, for --expect.");
        return Done;
    }

    private static bool IsHead(string text) =>
        text.Split(':') is [var number, { Length: 64 } chain]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        && chain.All(char.IsAsciiHexDigitLower);
}
