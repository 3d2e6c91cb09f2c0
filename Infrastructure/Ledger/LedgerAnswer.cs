using System.Data.Common;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// The answer of a function that decides: the outcome, the row afterwards, and the limit that has no room where that is the outcome.
/// </summary>
internal sealed record LedgerAnswer<T>(string Outcome, T? Row, QuotaExcess? Excess)
    where T : class
{
    /// <param name="row">Reads the columns that follow the outcome.</param>
    public static LedgerAnswer<T> Read(DbDataReader reader, Func<DbDataReader, T?> row)
    {
        var outcome = reader.GetString(0);
        return new LedgerAnswer<T>(outcome, row(reader), outcome == LedgerRefusals.OverQuota ? ReadExcess(reader) : null);
    }

    private static QuotaExcess ReadExcess(DbDataReader reader) => new(
        reader.GetString(reader.GetOrdinal("limit_scope")), reader.GetString(reader.GetOrdinal("limit_name")),
        reader.GetInt64(reader.GetOrdinal("limit_most")), reader.GetInt64(reader.GetOrdinal("limit_used")));
}
