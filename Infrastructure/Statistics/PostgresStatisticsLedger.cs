using System.Globalization;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Core.Storage;
using Dapper;

namespace ChunkUpload.Infrastructure.Statistics;

/// <summary>Figures and history in PostgreSQL.</summary>
internal sealed class PostgresStatisticsLedger(LedgerCalls calls, Incarnation incarnation) : IStatisticsLedger
{
    static PostgresStatisticsLedger() => LedgerRows.Prepare();

    public Task<EndingsPage?> ReadAsync(int limit, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            var rows = (await connection.QueryAsync<EndingRow>(
                new CommandDefinition(StatisticsQueries.Read, new { Limit = limit }, cancellationToken: stop))).AsList();
            return rows.Count == 0 ? null : new EndingsPage(
                Position(rows[0].FromXid, rows[0].FromId), Position(rows[^1].Xid, rows[^1].Id), rows.Count,
                [.. rows.Where(row => row.Upload is not null).Select(row => row.ToEnding())]);
        },
        cancellationToken);

    public Task<bool> CountAsync(
        EndingsPage page, IReadOnlyList<FinishedUpload> stories, IReadOnlyList<Figure> figures, CancellationToken cancellationToken)
    {
        var (fromXid, fromId) = Parts(page.From);
        var (xid, id) = Parts(page.To);
        var parameters = new
        {
            FromXid = fromXid,
            FromId = fromId,
            Xid = xid,
            Id = id,
            Stories = StatisticsRows.StoriesJson(stories),
            Figures = StatisticsRows.FiguresJson(figures),
        };
        return calls.RunAsync(
            (connection, stop) => connection.ExecuteScalarAsync<bool>(
                new CommandDefinition(StatisticsQueries.Count, parameters, cancellationToken: stop)),
            cancellationToken);
    }

    public Task CountReceivedAsync(long batch, IReadOnlyList<Figure> figures, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(new CommandDefinition(
            StatisticsQueries.CountReceived,
            new { Incarnation = incarnation.Id, Batch = batch, Figures = StatisticsRows.FiguresJson(figures) }, cancellationToken: stop)),
        cancellationToken);

    public Task<IReadOnlyList<StepFigure>> FiguresAsync(StatisticsQuery query, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            Width = query.Step switch
            {
                StatisticsStep.Minute or StatisticsStep.TenMinutes => "minute",
                StatisticsStep.Hour => "hour",
                _ => "day",
            },
            query.Tenant,
            From = query.From.UtcDateTime,
            To = query.To.UtcDateTime,
        };
        return calls.RunAsync<IReadOnlyList<StepFigure>>(
            async (connection, stop) => [.. (await connection.QueryAsync<(DateTime At, string Kind, string Name, long Value)>(
                    new CommandDefinition(StatisticsQueries.Figures(query), parameters, cancellationToken: stop)))
                .Select(row => new StepFigure(LedgerRows.Utc(row.At), row.Kind, row.Name, row.Value))],
            cancellationToken);
    }

    public Task<IReadOnlyList<FinishedUpload>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken)
    {
        var states = query.States.Select(state => state.Word()).ToArray();
        var parameters = new
        {
            query.Tenant,
            query.Owner,
            State = states.FirstOrDefault(),
            States = states,
            Name = query.Name is { } part ? $"%{LedgerRows.EscapeLike(part)}%" : null,
            Protocol = query.Protocol?.Word(),
            From = query.From?.UtcDateTime,
            To = query.To?.UtcDateTime,
            AfterTime = query.After?.Time?.UtcDateTime,
            AfterId = query.After?.Id.Value,
            query.Limit,
        };
        return calls.RunAsync<IReadOnlyList<FinishedUpload>>(
            async (connection, stop) => [.. (await connection.QueryAsync<FinishedRow>(new CommandDefinition(
                StatisticsQueries.History(query), parameters, cancellationToken: stop))).Select(row => row.ToUpload())],
            cancellationToken);
    }

    public Task<int> TrimAsync(TimeSpan age, int limit, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<int>(
            new CommandDefinition(StatisticsQueries.Trim, new { Age = age, Limit = limit }, cancellationToken: stop)),
        cancellationToken);

    private static string Position(string xid, long id) => string.Create(CultureInfo.InvariantCulture, $"{xid}-{id}");

    private static (string Xid, long Id) Parts(string position)
    {
        var parts = position.Split('-');
        return (parts[0], long.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
