using System.Text;
using QRCoder;

namespace ChunkUpload.Cli.Login;

/// <summary>A QR code as text: two modules in one character, light on dark, because most terminals are dark.</summary>
internal static class TerminalQr
{
    private const int Quiet = 2;

    public static string Of(string text)
    {
        using var generator = new QRCodeGenerator();
        using var code = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.L);
        // The generator adds a margin of four modules; two are enough on a dark ground.
        var rows = code.ModuleMatrix;
        const int Cut = 4 - Quiet;
        var size = rows.Count - (2 * Cut);
        var lines = new StringBuilder();
        for (var y = 0; y < size; y += 2)
        {
            for (var x = 0; x < size; x++)
            {
                var upper = !rows[y + Cut][x + Cut];
                var lower = y + 1 < size && !rows[y + 1 + Cut][x + Cut];
                _ = lines.Append((upper, lower) switch
                {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    _ => ' ',
                });
            }

            _ = lines.AppendLine();
        }

        return lines.ToString();
    }
}
