# cmake -DOUTPUT=price_table.cpp -DTABLE=prices.json -P EmbedPrices.cmake
file(READ "${TABLE}" text)
file(WRITE "${OUTPUT}" "#include \"runtime/model/prices.h\"\n
namespace chain::model {\n
std::string_view built_in_prices() {
  return R\"json(${text})json\";
}\n
}  // namespace chain::model\n")
