using Npgsql;
using NpgsqlTypes;

namespace ChunkUpload.Infrastructure.Uploads;

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

    public static NpgsqlParameter Bigs(params long[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    public static NpgsqlParameter Ids(params Guid[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Uuid, values);

    public static NpgsqlParameter Several(params byte[][] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Bytea, values);

    public static NpgsqlParameter Sizes(long?[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Bigint, values);

    public static NpgsqlParameter Texts(params string[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Text, values);

    public static NpgsqlParameter Truths(params bool[] values) => Of(NpgsqlDbType.Array | NpgsqlDbType.Boolean, values);

    public static NpgsqlParameter Small(int value) => Of(NpgsqlDbType.Smallint, (short)value);

    public static NpgsqlParameter Id(Guid value) => Of(NpgsqlDbType.Uuid, value);

    public static NpgsqlParameter Text(string? value) => Of(NpgsqlDbType.Text, value);

    public static NpgsqlParameter Bytes(byte[]? value) => Of(NpgsqlDbType.Bytea, value);

    public static NpgsqlParameter Yes(bool value) => Of(NpgsqlDbType.Boolean, value);

    public static NpgsqlParameter Time(DateTimeOffset value) => Of(NpgsqlDbType.TimestampTz, value.ToUniversalTime());

    private static NpgsqlParameter Of(NpgsqlDbType type, object? value) => new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}
