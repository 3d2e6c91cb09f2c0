using System.Globalization;
using System.Reflection;
using System.Text;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// The schema of this version: the numbered migrations of the tables, and the functions. Both are embedded in this assembly.
/// </summary>
internal sealed class LedgerSchema
{
    private const string Prefix = "db/";
    private const string FunctionsPrefix = "db/functions/";
    private const string VersionFile = "version";

    public LedgerSchema(IEnumerable<Migration> migrations, FunctionSet functions)
    {
        Migrations = [.. migrations.OrderBy(migration => migration.Number)];
        Functions = functions;
        for (var index = 0; index < Migrations.Count; index++)
        {
            if (Migrations[index].Number != index + 1)
                throw new InvalidOperationException(
                    $"The migrations are not numbered 1, 2, 3 ...: {Migrations[index].FileName} is number {index + 1}.");
        }
    }

    /// <summary>In the order of their numbers, from 1 without a gap.</summary>
    public IReadOnlyList<Migration> Migrations { get; }

    public FunctionSet Functions { get; }

    public static LedgerSchema Embedded()
    {
        var files = Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(name => name, Read);
        var functions = files.Where(file => file.Key.StartsWith(FunctionsPrefix, StringComparison.Ordinal)).ToList();
        var number = int.Parse(files[FunctionsPrefix + VersionFile], CultureInfo.InvariantCulture);
        return new LedgerSchema(
            files.Except(functions).Select(file => Numbered(file.Key, file.Value)),
            new FunctionSet(number, functions
                .Where(file => file.Key.EndsWith(".sql", StringComparison.Ordinal))
                .Select(file => new FunctionFile(file.Key[FunctionsPrefix.Length..], file.Value))));
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static Migration Numbered(string resource, string sql)
    {
        var file = Path.GetFileNameWithoutExtension(resource[Prefix.Length..]);
        var cut = file.IndexOf('_', StringComparison.Ordinal);
        if (cut != 4 || !int.TryParse(file[..cut], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw new InvalidOperationException($"{resource} is not named NNNN_name.sql.");
        return new Migration(number, file[(cut + 1)..], sql);
    }
}
