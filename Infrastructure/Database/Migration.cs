using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>One numbered step of the schema: <c>db/NNNN_name.sql</c>, embedded in this assembly.</summary>
internal sealed record Migration(int Number, string Name, string Sql)
{
    private const string Prefix = "db/";

    /// <summary>Of the text with LF line ends, so that a checkout with others is not an edit.</summary>
    public byte[] Checksum => SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n")));

    public string FileName => string.Create(CultureInfo.InvariantCulture, $"db/{Number:0000}_{Name}.sql");

    /// <summary>All of them in order, numbered from 1 without a gap.</summary>
    public static IReadOnlyList<Migration> Embedded()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return InOrder(assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => Read(assembly, name)));
    }

    public static IReadOnlyList<Migration> InOrder(IEnumerable<Migration> migrations)
    {
        var ordered = migrations.OrderBy(migration => migration.Number).ToList();
        for (var index = 0; index < ordered.Count; index++)
        {
            if (ordered[index].Number != index + 1)
                throw new InvalidOperationException($"The migrations are not numbered 1, 2, 3 ...: {ordered[index].FileName} is number {index + 1}.");
        }

        return ordered;
    }

    private static Migration Read(Assembly assembly, string resource)
    {
        var file = Path.GetFileNameWithoutExtension(resource[Prefix.Length..]);
        var cut = file.IndexOf('_', StringComparison.Ordinal);
        if (cut != 4 || !int.TryParse(file[..cut], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw new InvalidOperationException($"{resource} is not named NNNN_name.sql.");

        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return new Migration(number, file[(cut + 1)..], reader.ReadToEnd());
    }
}
