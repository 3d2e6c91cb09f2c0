using Npgsql;
using NpgsqlTypes;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>Positional parameters with their types, so that a null has one too.</summary>
internal static class LedgerParameters
{
    public static NpgsqlBatchCommand Call(string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    public static NpgsqlParameter Big(long? value) => Of(NpgsqlDbType.Bigint, value);

    /// <summary>An array of objects whose names are columns.</summary>
    public static NpgsqlParameter Rows<T>(params T[] rows) => Of(NpgsqlDbType.Json, LedgerJson.Serialize(rows));

    public static NpgsqlParameter Small(int value) => Of(NpgsqlDbType.Smallint, (short)value);

    public static NpgsqlParameter Id(Guid? value) => Of(NpgsqlDbType.Uuid, value);

    public static NpgsqlParameter Bytes(byte[]? value) => Of(NpgsqlDbType.Bytea, value);

    public static NpgsqlParameter Time(DateTimeOffset value) => Of(NpgsqlDbType.TimestampTz, value.ToUniversalTime());

    private static NpgsqlParameter Of(NpgsqlDbType type, object? value) => new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}
